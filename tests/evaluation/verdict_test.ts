import assert from "finestep/assert";
import { fileURLToPath } from "node:url";
import { loadDataset } from "../../src/dataset/dataset.ts";
import { type Verdict, verdictOf } from "../../src/evaluation/verdict.ts";
import { SqlPool } from "../../src/sandbox/pool.ts";
import { anEpisode, BROKEN_STEP, callStep, columnOf, failure } from "./results.ts";

const MINIBIRD = fileURLToPath(new URL("../../fixtures/minibird", import.meta.url));
const GOLD = columnOf(1n, 2n);
const EXAMPLE = { id: "0", difficulty: "moderate" } as const;
const LOOK = callStep("SELECT a FROM t", columnOf(7n));

Deno.test("verdictOf() says all that is measured of an episode", () => {
  const episode = anEpisode(columnOf(1n, 2n, 2n), GOLD, {
    steps: [LOOK, BROKEN_STEP, LOOK, BROKEN_STEP],
    goldSql: "SELECT a FROM t ORDER BY a",
    finalSql: "SELECT a FROM t JOIN u",
    seed: 5,
  });
  const { calls, ...verdict } = verdictOf(episode, EXAMPLE);
  assert.deepEqual(verdict, {
    exampleId: "0",
    databaseId: "shop",
    difficulty: "moderate",
    seed: 5,
    goldSql: "SELECT a FROM t ORDER BY a",
    predictedSql: "SELECT a FROM t JOIN u",
    isCorrect: true,
    isStrictlyCorrect: false,
    disagreement: "duplicates",
    softF1: 1,
    rVesReward: null,
    outcome: "right",
    message: "",
    features: ["ordering"],
    excessSteps: null,
    messageCount: 4,
    violationCount: 2,
    stopReason: "answer",
    predictedMs: 1,
    goldMs: 1,
  });
  assert.deepEqual(calls.map(({ category }) => category), [null, "R1"]);
});

Deno.test("verdictOf() of no answer is wrong by every measure", () => {
  const { isCorrect, isStrictlyCorrect, softF1, predictedSql, predictedMs, outcome } = verdictOf(
    anEpisode(null, GOLD),
    EXAMPLE,
  );
  assert.deepEqual(
    [isCorrect, isStrictlyCorrect, softF1, predictedSql, predictedMs, outcome],
    [false, false, 0, null, null, "no_answer"],
  );
});

Deno.test("verdictOf() keeps what SQLite said of the answer", () => {
  const episode = anEpisode(failure("error", "no such table: t"), GOLD);
  assert.equal(verdictOf(episode, EXAMPLE).message, "no such table: t");
});

Deno.test("verdictOf() refuses the example of another episode", () => {
  assert.throws(() => verdictOf(anEpisode(null, GOLD), { ...EXAMPLE, id: "1" }), {
    name: "RangeError",
    message: 'Cannot judge an episode as its example must be given: "1" is not "0"',
  });
});

Deno.test("verdictOf() of minibird's gold SQL, as its own answer, is right by every measure", async () => {
  await using pool = new SqlPool({ roots: [MINIBIRD] });
  const { examples } = await loadDataset(MINIBIRD, { pool });
  const verdicts = await Promise.all(examples.map(async (example) => {
    const { id, database, goldSql } = example;
    const result = await pool.execute(database.path, goldSql);
    return verdictOf(anEpisode(result, result, { exampleId: id, goldSql }), example);
  }));
  assert(verdicts.length > 100);
  const isWrong = (one: Verdict) => !one.isCorrect || !one.isStrictlyCorrect || one.softF1 !== 1;
  assert.deepEqual(verdicts.filter(isWrong), []);
});
