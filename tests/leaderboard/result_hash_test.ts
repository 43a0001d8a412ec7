import assert from "finestep/assert";
import fc from "fast-check";
import { resultHash } from "../../src/leaderboard/result_hash.ts";
import type { Verdict } from "../../src/evaluation/verdict.ts";
import { REPEATED_CALLS, VERDICTS } from "../reports/exported_runs.ts";

Deno.test("resultHash() is SHA-256 over the verdicts without times, keys in order", () => {
  const verdict = { seed: 1, exampleId: "7", goldMs: 2, predictedMs: 3, rVesReward: 1 };
  // printf '[{"exampleId":"7","seed":1}]' | sha256sum
  assert.equal(
    resultHash([verdict as Verdict]),
    "0fb6917067603e6d1d53ec2df44bbe1253fcc2a78c53d3343ff800255d781058",
  );
});

Deno.test("resultHash() counts neither the order of verdicts nor that of keys", () => {
  const hash = resultHash(VERDICTS);
  fc.assert(
    fc.property(fc.shuffledSubarray([...VERDICTS], { minLength: VERDICTS.length }), (shuffled) => {
      const turned = shuffled.map((verdict) =>
        Object.fromEntries(Object.entries(verdict).reverse()) as unknown as Verdict
      );
      assert.equal(resultHash(turned), hash);
    }),
    { numRuns: 20 },
  );
});

Deno.test("resultHash() tells attempts at a question apart by their seed", () => {
  const [verdict] = VERDICTS;
  const attempts = [{ ...verdict, seed: 2 }, { ...verdict, seed: 10, isCorrect: false }];
  assert.equal(resultHash(attempts), resultHash(attempts.toReversed()));
});

const CHANGES: Partial<Verdict>[] = [
  { exampleId: "9" },
  { seed: 9 },
  { predictedSql: null },
  { isCorrect: false },
  { isStrictlyCorrect: false },
  { softF1: 0.5 },
  { message: "no such table: t" },
  { calls: REPEATED_CALLS },
  { calls: REPEATED_CALLS.map((call) => ({ ...call, category: null })) },
  { violationCount: 1 },
  { stopReason: "turn_limit" },
];

Deno.test("resultHash() changes with every determinate field", () => {
  const [verdict, ...others] = VERDICTS;
  const hashes = [{}, ...CHANGES].map((change) =>
    resultHash([{ ...verdict, ...change }, ...others])
  );
  assert.equal(new Set(hashes).size, CHANGES.length + 1);
});

Deno.test("resultHash() does not change with times", () => {
  const slower = VERDICTS.map((verdict) => ({
    ...verdict,
    predictedMs: 100,
    goldMs: 100,
    rVesReward: 0.25,
  }));
  assert.equal(resultHash(slower), resultHash(VERDICTS));
});
