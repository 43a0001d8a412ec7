import assert from "finestep/assert";
import { EMPTY_BOARD, leaderboardText, parseLeaderboard } from "../../src/leaderboard/board.ts";
import { resultHash } from "../../src/leaderboard/result_hash.ts";
import { rowOf } from "../../src/leaderboard/row.ts";
import { VERDICTS } from "../reports/exported_runs.ts";
import { anExamined, anIdentity } from "./rows.ts";

const OTHER_VERDICTS = VERDICTS.map((verdict) => ({ ...verdict, isCorrect: false }));

/** Seed 2, which got nothing right. */
const SECOND = anExamined({
  runId: 5,
  identity: anIdentity({ seed: 2 }),
  verdicts: OTHER_VERDICTS,
  metrics: [{ phase: "eval", name: "ex", value: 0, low: 0, high: 0.4, n: 6 }],
  finished: "2026-01-03T00:00:00.000Z",
});

Deno.test("rowOf() has the runs in the order of their seeds, each with its result", () => {
  const { runs, date } = rowOf([SECOND, anExamined()]);
  assert.deepEqual(runs.map(({ seed }) => seed), [1, 2]);
  assert.deepEqual(runs.map((run) => run.resultHash), [VERDICTS, OTHER_VERDICTS].map(resultHash));
  assert.deepEqual(runs.map(({ values }) => values.ex), [0.5, 0]);
  assert.equal(date, "2026-01-03T00:00:00.000Z");
});

Deno.test("rowOf() is the same row for the same runs in any order", () => {
  assert.deepEqual(rowOf([SECOND, anExamined()]), rowOf([anExamined(), SECOND]));
});

Deno.test("rowOf() leaves policy, seed and versions out of the exam", () => {
  const { policy: _, seed: __, versions, ...exam } = anIdentity();
  const row = rowOf([anExamined()], "mine");
  assert.deepEqual(row.exam, exam);
  assert.deepEqual(row.versions, versions);
  assert.deepEqual([row.name, row.algorithm], ["mine", "grpo"]);
  assert.deepEqual(
    parseLeaderboard(leaderboardText({ ...EMPTY_BOARD, rows: [row] }), "board.json").rows,
    [row],
  );
});

Deno.test("rowOf() refuses runs that differ, and names where", () => {
  const seed = 2;
  const { limits, versions } = anIdentity();
  const { system } = anExamined();
  const cases = [
    [{ identity: anIdentity({ seed, samples: 4 }) }, "exam.samples: 1, then 4"],
    [
      { identity: anIdentity({ seed, limits: { ...limits, maxTurns: 6 } }) },
      "exam.limits.maxTurns: 1, then 6",
    ],
    [{ system: { ...system, algorithm: "dapo" } }, 'system.algorithm: "grpo", then "dapo"'],
    [
      { system: { ...system, settings: { trainSteps: 40 } } },
      "system.settings.trainSteps: 36, then 40",
    ],
    [{ commit: "abc" }, 'commit: "0123456789ab", then "abc"'],
    [
      { identity: anIdentity({ seed, versions: { ...versions, deno: "3.0.0" } }) },
      'versions.deno: "2.9.6", then "3.0.0"',
    ],
  ] as const;
  for (const [changes, difference] of cases) {
    const other = anExamined({ runId: 5, identity: anIdentity({ seed }), ...changes });
    assert.throws(() => rowOf([anExamined(), other]), {
      name: "RangeError",
      message: "Cannot make one row of runs 3 and 5 as they must be one system on one exam, " +
        `apart from seeds: ${difference}`,
    });
  }
});

Deno.test("rowOf() refuses two runs of one seed, and no run", () => {
  const again = anExamined({ runId: 5 });
  assert.throws(
    () => rowOf([anExamined(), again]),
    /runs 3 and 5 as they must be of different seeds: both are of 1$/,
  );
  assert.throws(() => rowOf([]), /^RangeError: Cannot make a row as there must be an evaluation/);
});
