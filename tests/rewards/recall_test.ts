import assert from "finestep/assert";
import fc from "fast-check";
import { REWARD_OPTIONS } from "../../src/rewards/options.ts";
import { makeRecall } from "../../src/rewards/recall.ts";
import type { SqlRow, SqlRows } from "../../src/sandbox/result_set.ts";
import { failure, rows } from "./episodes.ts";

const KINDS = REWARD_OPTIONS.recall.choices!;

function recall(
  gold: SqlRows,
  result: SqlRows,
  kind: (typeof KINDS)[number] = "cell",
  recallGuard: "none" | "rowFactor" | "cap" = "none",
): number {
  return makeRecall(gold, { recall: kind, recallGuard })(result);
}

const GOLD = rows([1n, "Ada"], [2n, "Bob"]);

Deno.test("makeRecall() by cell counts distinct values of the gold, wherever they stand", () => {
  assert.equal(recall(GOLD, rows(["Ada"], ["Eve"])), 1 / 4);
  assert.equal(recall(GOLD, rows(["Bob", 2n, 7n])), 2 / 4);
  assert.equal(recall(rows([1n], [1n], [2n]), rows([1n])), 1 / 2);
});

Deno.test("makeRecall() takes an integer for the real of the same value, and not for its text", () => {
  assert.equal(recall(rows([1n]), rows([1])), 1);
  assert.equal(recall(rows([1n]), rows(["1"])), 0);
});

Deno.test("makeRecall() takes NULL for a value", () => {
  assert.equal(recall(rows([null, 1n]), rows([null])), 1 / 2);
});

Deno.test("makeRecall() by column needs all of a column's values in one column", () => {
  assert.equal(recall(GOLD, rows(["Ada", 1n], ["Bob", 3n], ["Eve", 4n]), "column"), 1 / 2);
  assert.equal(recall(GOLD, rows(["Ada", "Bob"]), "column"), 0);
});

Deno.test("makeRecall() by tuple counts distinct rows of the gold", () => {
  assert.equal(recall(GOLD, rows([2n, "Bob"], [2n, "Bob"], [3n, "Eve"]), "tuple"), 1 / 2);
  assert.equal(recall(GOLD, rows(["Ada", 1n]), "tuple"), 0);
});

Deno.test("makeRecall() by csmr is 1 for the same rows, else 0.8 M^2 / (N_G N_P)", () => {
  assert.equal(recall(GOLD, rows([2n, "Bob"], [1n, "Ada"]), "csmr"), 1);
  // Both columns match, but the rows do not; one column more is asked for.
  assert.equal(recall(GOLD, rows([1n, "Bob", 0n], [2n, "Ada", 0n]), "csmr"), 0.8 * 4 / 6);
  assert.equal(recall(GOLD, rows(["Ada"], ["Bob"]), "csmr"), 0.8 / 2);
});

Deno.test("makeRecall() by csmr lets a column match once", () => {
  assert.equal(recall(rows([1n, 1n]), rows([1n]), "csmr"), 0.8 / 2);
  assert.equal(recall(rows([1n]), rows([1n, 1n]), "csmr"), 0.8 / 2);
});

Deno.test("makeRecall() of an empty gold is 1 for an empty result only", () => {
  for (const kind of KINDS) {
    assert.equal(recall(rows(), rows(), kind), 1);
    assert.equal(recall(rows(), rows([1n]), kind), 0);
  }
});

Deno.test("makeRecall() is 0 for an empty result, a failure, no result, and of a failed gold", () => {
  for (const kind of KINDS) {
    const recallOf = makeRecall(GOLD, { recall: kind, recallGuard: "none" });
    assert.deepEqual([rows(), failure("no such table"), null].map(recallOf), [0, 0, 0]);
    const ofFailure = makeRecall(failure("timeout"), { recall: kind, recallGuard: "none" });
    assert.equal(ofFailure(GOLD), 0);
  }
});

const numbered = (count: number) => rows(...Array.from({ length: count }, (_, n) => [BigInt(n)]));

Deno.test("makeRecall() guarded by rowFactor is 0 above 20 times max(gold rows, 5)", () => {
  assert.equal(recall(numbered(1), numbered(100), "cell", "rowFactor"), 1);
  assert.equal(recall(numbered(1), numbered(101), "cell", "rowFactor"), 0);
  assert.equal(recall(numbered(6), numbered(120), "cell", "rowFactor"), 1);
  assert.equal(recall(numbered(6), numbered(121), "cell", "rowFactor"), 0);
});

Deno.test("makeRecall() guarded by cap is above 0.8 for the right rows only", () => {
  assert.equal(recall(GOLD, rows([1n, "Ada"], [2n, "Bob"]), "cell", "cap"), 1);
  assert.equal(recall(GOLD, rows([1n, "Ada"], [2n, "Bob"], [3n, "Eve"]), "cell", "cap"), 0.8);
  assert.equal(recall(GOLD, rows([1n]), "cell", "cap"), 1 / 4);
});

const cells = fc.oneof(fc.constant(null), fc.bigInt(0n, 3n), fc.constantFrom("a", "b", 0.5));
const results = fc.integer({ min: 1, max: 3 }).chain((width) =>
  fc.array(fc.array(cells, { minLength: width, maxLength: width }), { minLength: 1, maxLength: 4 })
).map((table) => rows(...table as SqlRow[]));
const kinds = fc.constantFrom(...KINDS);

Deno.test("makeRecall() is in [0, 1], and 1 for the gold itself", () => {
  fc.assert(fc.property(results, results, kinds, (gold, result, kind) => {
    const share = recall(gold, result, kind);
    assert.ok(share >= 0 && share <= 1);
    assert.equal(recall(gold, gold, kind), 1);
  }));
});

Deno.test("makeRecall() by cell, column and tuple never falls with more rows", () => {
  const recalls = fc.constantFrom("cell", "column", "tuple");
  fc.assert(fc.property(results, results, recalls, (gold, result, kind) => {
    const more = { ...result, rows: [...result.rows, ...result.rows, result.rows[0].toReversed()] };
    assert.ok(recall(gold, more, kind) >= recall(gold, result, kind));
  }));
});

Deno.test("makeRecall() reads a result once, however often it is asked", () => {
  let reads = 0;
  const result = rows([1n]);
  const counted = {
    ...result,
    get rows() {
      reads++;
      return result.rows;
    },
  };
  const recallOf = makeRecall(GOLD, { recall: "cell", recallGuard: "none" });
  assert.deepEqual([recallOf(counted), recallOf(counted), reads], [1 / 4, 1 / 4, 1]);
});
