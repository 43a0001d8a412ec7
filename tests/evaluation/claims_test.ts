import assert from "finestep/assert";
import { type Arms, CLAIMS, decidedClaims } from "../../src/evaluation/claims.ts";
import { effect, type SeedVerdicts } from "../../src/evaluation/over_seeds.ts";
import { bootstrapSeedDifference, holm } from "../../src/evaluation/statistics.ts";
import { aVerdict } from "../store/episodes.ts";

const OPTIONS = { seed: 1, resamples: 399 };

/** Runs of 40 questions, of which the last `wrong` are answered wrong. */
const runs = (...wrong: number[]): SeedVerdicts =>
  wrong.map((count) =>
    Array.from(
      { length: 40 },
      (_, n) => aVerdict(String(n), { isCorrect: n < 40 - count, databaseId: `db${n % 4}` }),
    )
  );

const arms = (greedy: Record<string, SeedVerdicts>): Arms => ({
  greedy: new Map(Object.entries(greedy)),
  sampled: new Map(),
});

Deno.test("effect() has the intervals of seeds and questions, of seeds, and of databases", () => {
  const found = effect("ex", runs(20, 22), runs(4, 6), OPTIONS);
  assert.equal(found.before, 19 / 40);
  assert.equal(found.after, 35 / 40);
  assert.deepEqual(found.seedsAfter, [36 / 40, 34 / 40]);
  const { low, high } = found.difference;
  assert(low > 0 && high < 0.7, `${low} to ${high}`);
  assert(Math.abs(found.overSeeds!.low + found.overSeeds!.high - 2 * 16 / 40) < 1e-12);
  assert.deepEqual([found.byDatabase.databases, found.byDatabase.hasFew], [4, true]);
});

Deno.test("effect() with a share compares with that share of the other's rate", () => {
  const found = effect("ex", runs(10, 10), runs(20, 20), { ...OPTIONS, share: 2 / 3 });
  assert(Math.abs(found.difference.estimate) < 1e-12);
});

Deno.test("decidedClaims() decides what there are evaluations for, against whom there are any", () => {
  const decided = decidedClaims(
    arms({ finestep: runs(0, 0), grpo: runs(30, 30), sft: runs(30, 30) }),
    "finestep",
    OPTIONS,
  );
  assert.deepEqual(
    decided.map((
      { claim, against, decision, byDatabase },
    ) => [claim, against, decision, byDatabase]),
    [
      ["more EX", "grpo", "supported", "supported"],
      ["more EX by 3 points", "grpo", "supported", "supported"],
    ],
  );
});

Deno.test("decidedClaims() adjusts p-values in two families, and only where there is no margin", () => {
  const all = { finestep: runs(8, 12), grpo: runs(14, 10), dapo: runs(12, 16), gspo: runs(18, 22) };
  const decided = decidedClaims(arms(all), "finestep", OPTIONS);
  const p = (name: keyof typeof all) =>
    effect("ex", all[name], all.finestep, OPTIONS).difference.pValue;
  const adjusted = (name: string) =>
    decided.filter(({ claim, against }) => claim === "more EX" && against === name)
      .map(({ parts }) => parts[0].adjustedP);
  assert.deepEqual(adjusted("grpo"), holm([p("grpo")]));
  assert.deepEqual([...adjusted("dapo"), ...adjusted("gspo")], holm([p("dapo"), p("gspo")]));
  for (const { parts } of decided.filter(({ claim }) => claim === "more EX by 3 points")) {
    assert.equal(parts[0].adjustedP, null);
  }
});

Deno.test("decidedClaims() says what could have been found", () => {
  const all = { finestep: runs(8, 12), grpo: runs(9, 12) };
  const [{ decision, parts: [part] }] = decidedClaims(arms(all), "finestep", OPTIONS);
  assert.deepEqual([decision, part.decision], ["inconclusive", "inconclusive"]);
  const { low, high } = part.effect.difference;
  assert.equal(part.detectable.toFixed(6), ((high - low) * 2.8015852 / 3.9199280).toFixed(6));
  assert(part.seedsForPoint! > 100);
  // A single seed tells nothing of seeds.
  const [alone] = decidedClaims(
    arms({ finestep: runs(8), grpo: runs(9) }),
    "finestep",
    OPTIONS,
  );
  assert.deepEqual([alone.parts[0].effect.overSeeds, alone.parts[0].seedsForPoint], [null, null]);
});

Deno.test("CLAIMS are those of docs/decision_rules.md", () => {
  const page = Deno.readTextFileSync(new URL("../../docs/decision_rules.md", import.meta.url));
  for (const { name } of CLAIMS) assert.match(page, new RegExp(`^\\| \\**${name}\\** +\\|`, "m"));
});

Deno.test("effect() agrees with the estimator that is checked against numpy", () => {
  const sums = (wrong: number) => ({
    numerators: Float64Array.from({ length: 40 }, (_, n) => Number(n < 40 - wrong)),
    denominators: new Float64Array(40).fill(1),
  });
  assert.deepEqual(
    effect("ex", runs(20, 22), runs(4, 6), OPTIONS).difference,
    bootstrapSeedDifference([sums(20), sums(22)], [sums(4), sums(6)], OPTIONS),
  );
});
