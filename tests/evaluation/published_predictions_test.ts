import assert from "finestep/assert";
import { join } from "node:path";
import { loadDataset } from "../../src/dataset/dataset.ts";
import type { Example } from "../../src/dataset/example.ts";
import { readPredictions } from "../../src/dataset/predictions.ts";
import { exScore } from "../../src/evaluation/execution_accuracy.ts";
import { type Verdict, verdictOf } from "../../src/evaluation/verdict.ts";
import { SqlPool } from "../../src/sandbox/pool.ts";
import type { SqlResult } from "../../src/sandbox/result_set.ts";
import { BIRD, NEEDS_BIRD } from "../dataset/real_bird.ts";
import { anEpisode } from "./results.ts";

/** What the official code of bird-bench/mini_dev @4d970a9 says of a prediction file. */
interface Published {
  /** Right answers by evaluation_ex.py: in all, simple, moderate, challenging. */
  readonly right: readonly number[];
  /** Sum of Soft-F1 over the questions by evaluation_f1.py, with SQLite 3.40.1. */
  readonly softF1: number;
}

const PUBLISHED: Readonly<Record<string, Readonly<Record<string, Published>>>> = {
  dev_20240627: {
    "codes-1b_kg": { right: [219, 151, 55, 13], softF1: 220.44907118084978 },
    "codes-7b_kg": { right: [232, 159, 58, 15], softF1: 232.99881098514433 },
    "codes-15b_kg": { right: [235, 163, 57, 15], softF1: 237.37469333808548 },
    "codes-1b_nokg": { right: [178, 132, 37, 9], softF1: 179.80452677061592 },
    "codes-7b_nokg": { right: [194, 144, 41, 9], softF1: 195.1452052973942 },
    "codes-15b_nokg": { right: [195, 139, 46, 10], softF1: 197.09483082582298 },
    "chatgpt_kg": { right: [159, 124, 30, 5], softF1: 152.48516847109897 },
    "chatgpt_nokg": { right: [93, 79, 13, 1], softF1: 92.21301914078326 },
  },
  mini_dev: {
    "gpt-4": { right: [68, 30, 31, 7], softF1: 72.12614416475972 },
    "gpt-35-turbo": { right: [54, 25, 26, 3], softF1: 58.996890798786644 },
    // One more than by SQLite 3.40, see RIGHT_SINCE_SQLITE_3_43.
    "phi-3-medium": { right: [53, 20, 27, 6], softF1: 56.07469505433577 + 1 },
    "mixtral-8x7b": { right: [25, 14, 10, 1], softF1: 26.510012371862846 },
  },
};

// The verdict files were made with SQLite 3.40. Since 3.43 avg() compensates rounding errors, so that
// this prediction and the gold both give 74.0775, where 3.40 gives one of them as 74.07749999999999:
//   python3 -c "import apsw" (SQLite 3.54.1), then set(predicted) == set(gold): True
const RIGHT_SINCE_SQLITE_3_43: Record<string, Record<string, number>> = {
  "phi-3-medium": { "1339": 1 },
};

for (const [folder, systems] of Object.entries(PUBLISHED)) {
  Deno.test({
    name: `verdictOf() gives the official EX and Soft-F1 of the systems published on ${folder}`,
    ...NEEDS_BIRD,
    fn: async (t) => {
      await using pool = new SqlPool({ roots: [BIRD] });
      const { examples } = await loadDataset(join(BIRD, folder), { pool });
      const goldResults = await Promise.all(
        examples.map(({ database, goldSql }) => pool.execute(database.path, goldSql)),
      );
      for (const [system, { right, softF1 }] of Object.entries(systems)) {
        await t.step(system, async () => {
          const file = join(BIRD, folder, "predictions", system);
          const verdicts = await scored(`${file}.json`, examples, goldResults, pool);
          const official = JSON.parse(await Deno.readTextFile(`${file}.verdicts.json`));
          assert.deepEqual(
            Object.fromEntries(verdicts.map((one) => [one.exampleId, Number(one.isCorrect)])),
            { ...official, ...RIGHT_SINCE_SQLITE_3_43[system] },
          );
          const { byDifficulty, ...total } = exScore(verdicts);
          assert.deepEqual([total, ...byDifficulty.values()].map(({ right }) => right), right);
          const sum = verdicts.reduce((total, verdict) => total + verdict.softF1, 0);
          assert(Math.abs(sum - softF1) < 1e-9, `Soft-F1 sums to ${sum}, not to ${softF1}`);
          assertDisagreements(system, verdicts);
        });
      }
    },
  });
}

/** Strict EX differs by duplicates, and once by the last bit of a percentage (28.26666666666667). */
function assertDisagreements(system: string, verdicts: readonly Verdict[]): void {
  const rounded = verdicts.filter(({ disagreement }) => disagreement === "float_tolerance");
  const expected = system === "gpt-4" ? ["743"] : [];
  assert.deepEqual(rounded.map(({ exampleId }) => exampleId), expected);
  assert(verdicts.some(({ disagreement }) => disagreement === "duplicates"));
  assert(verdicts.every(({ disagreement }) => disagreement !== "order"));
}

async function scored(
  file: string,
  examples: readonly Example[],
  goldResults: readonly SqlResult[],
  pool: SqlPool,
): Promise<Verdict[]> {
  const { sqlByExample, warnings } = await readPredictions(file, examples);
  assert.deepEqual(warnings, []);
  return await Promise.all(examples.map(async (example, index) => {
    const { id, database, goldSql } = example;
    const predicted = await pool.execute(database.path, sqlByExample.get(id)!);
    return verdictOf(anEpisode(predicted, goldResults[index], { exampleId: id, goldSql }), example);
  }));
}
