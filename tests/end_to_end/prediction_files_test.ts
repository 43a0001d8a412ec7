import assert from "finestep/assert";
import { cp } from "node:fs/promises";
import { join } from "node:path";
import type { Verdict } from "../../src/evaluation/verdict.ts";
import { openStore } from "../../src/store/run_store.ts";
import { BIRD, NEEDS_BIRD } from "../dataset/real_bird.ts";
import { finestep, ROOT, Workplace } from "../tiny/workplace.ts";

/** A name that every layer between the command and SQLite has to pass on as it is. */
const ODD_NAME = "données à part – 数据 #1 %20";

/** The verdicts of each file, in the order of the files. */
async function scored(
  workplace: Workplace,
  data: string,
  files: readonly string[],
  ...flags: string[]
): Promise<Verdict[][]> {
  const store = workplace.file(`${crypto.randomUUID()}.sqlite`);
  const args = ["--data", data, "--store", store, ...flags, "--predictions", ...files];
  const { code, stderr } = await finestep("eval", ...args);
  assert.equal(code, 0, stderr);
  assert.doesNotMatch(stderr, /warning/);
  using opened = openStore(store);
  return opened.runs().map(({ id }) => opened.verdicts(id, "eval"));
}

const byId = (verdicts: readonly Verdict[]) =>
  Object.fromEntries(verdicts.map(({ exampleId, isCorrect }) => [exampleId, Number(isCorrect)]));

for (const folder of ["dev_20240627", "mini_dev"]) {
  Deno.test({
    name:
      `finestep eval gives all predictions published on ${folder} their official verdicts, wherever the databases are`,
    ...NEEDS_BIRD,
    fn: async () => {
      await using workplace = await Workplace.open();
      const data = join(BIRD, folder);
      const predictions = join(data, "predictions");
      const systems = [...Deno.readDirSync(predictions)].map(({ name }) => name)
        .filter((name) => name.endsWith(".verdicts.json"))
        .map((name) => name.replace(".verdicts.json", "")).sort();
      assert.equal(systems.length, folder === "mini_dev" ? 4 : 8);
      const files = systems.map((system) => join(predictions, `${system}.json`));
      const copy = workplace.file(ODD_NAME);
      await cp(data, copy, { recursive: true });
      for (const place of [data, copy]) {
        const verdicts = await scored(workplace, place, files);
        for (const [n, system] of systems.entries()) {
          const path = join(predictions, `${system}.verdicts.json`);
          const official = JSON.parse(await Deno.readTextFile(path));
          // Right since SQLite 3.43 (tests/evaluation/published_predictions_test.ts says why).
          if (system === "phi-3-medium") official["1339"] = 1;
          assert.deepEqual(byId(verdicts[n]), official, `${system} in ${place}`);
        }
      }
    },
  });
}

Deno.test("finestep eval scores changed golds of minibird as BIRD's rule has it, wherever the databases are", async () => {
  await using workplace = await Workplace.open();
  const copy = workplace.file(ODD_NAME);
  await cp(join(ROOT, "fixtures", "minibird"), copy, { recursive: true });
  const questions: { readonly SQL: string }[] = JSON.parse(
    await Deno.readTextFile(join(copy, "dev.json")),
  );
  /** Changes of a gold SQL, and whether BIRD's rule lets them pass. */
  const changes: readonly (readonly [change: (sql: string) => string, passes: boolean])[] = [
    [(sql) => sql, true],
    [(sql) => `SELECT * FROM (${sql}) UNION ALL SELECT * FROM (${sql})`, true],
    [(sql) => `${sql};`, true],
    [(sql) => `SELECT *, 1 FROM (${sql})`, false],
    [(sql) => `${sql}; ${sql}`, false],
    [(sql) => `SELECT * FROM (${sql}) WHERE 0`, false],
    [(sql) => `SELEC ${sql}`, false],
    [() => "", false],
  ];
  const change = (n: number) => changes[n % changes.length];
  const file = workplace.file("predictions.json");
  const answers = questions.map(({ SQL }, n) => change(n)[0](SQL));
  await Deno.writeTextFile(file, JSON.stringify(answers));
  const [verdicts] = await scored(workplace, copy, [file], "--split", "dev");
  assert.deepEqual(
    verdicts.map(({ isCorrect }) => isCorrect),
    questions.map((_, n) => change(n)[1]),
  );
  const twice = verdicts.filter((_, n) => n % changes.length === 1);
  assert(twice.every(({ disagreement }) => disagreement === "duplicates"));
  const outcomes = new Set(verdicts.map(({ outcome }) => outcome));
  const seen = ["right", "wrong_columns", "refused", "wrong_rows", "execution_error", "no_answer"];
  assert.deepEqual([...outcomes].sort(), seen.sort());
});
