import assert from "finestep/assert";
import fc from "fast-check";
import { isCorrect } from "../../src/evaluation/execution_accuracy.ts";
import {
  type Disagreement,
  REAL_TOLERANCE,
  strictMatch,
} from "../../src/evaluation/strict_match.ts";
import type { SqlResult, SqlRow, SqlValue } from "../../src/sandbox/result_set.ts";
import { columnOf, INCOMPARABLE, rowsOf } from "./results.ts";

const SQL = "SELECT a FROM t";
const ORDERED = "SELECT a FROM t ORDER BY a";

function assertMatch(
  [predicted, gold, sql]: readonly [SqlResult | null, SqlResult, string?],
  isStrictlyCorrect: boolean,
  disagreement: Disagreement = "same",
): void {
  const isRight = isStrictlyCorrect === (disagreement === "same");
  const expected = { isCorrect: isRight, isStrictlyCorrect, disagreement };
  assert.deepEqual(strictMatch(predicted, gold, sql ?? SQL), expected);
}

Deno.test("strictMatch() agrees with EX on plain right and wrong answers", () => {
  assertMatch([columnOf(1n, 2n), columnOf(1n, 2n)], true);
  assertMatch([columnOf(2.0, 1n), columnOf(1n, 2n)], true);
  assertMatch([columnOf(1n), columnOf(2n)], false);
  assertMatch([columnOf(1n), columnOf(1n, 2n)], false);
  assertMatch([columnOf("1"), columnOf(1n)], false);
  assertMatch([rowsOf([[1n, 1n]]), columnOf(1n)], false);
  assertMatch([rowsOf([]), rowsOf([])], true);
  assertMatch([rowsOf([]), columnOf(1n)], false);
});

Deno.test("strictMatch() counts duplicates, which EX does not", () => {
  assertMatch([columnOf(1n, 1n), columnOf(1n)], false, "duplicates");
  assertMatch([columnOf(1n, 1n, 2n), columnOf(1n, 2n, 2n)], false, "duplicates");
  assertMatch([columnOf(1n, 2n, 1n), columnOf(1n, 1n, 2n)], true);
});

Deno.test("strictMatch() looks at the order of rows where the gold orders, ties included", () => {
  assertMatch([columnOf(2n, 1n), columnOf(1n, 2n), ORDERED], false, "order");
  assertMatch([columnOf(1n, 2n), columnOf(1n, 2n), ORDERED], true);
  assertMatch([columnOf("b", "a"), columnOf("a", "b"), `${SQL} ORDER BY 'tie'`], false, "order");
  assertMatch([columnOf(2n, 1n), columnOf(1n, 2n), `SELECT a FROM (${ORDERED})`], true);
  assertMatch([columnOf(2n, 1n, 1n), columnOf(1n, 2n), ORDERED], false, "duplicates");
  assertMatch([columnOf(3n, 1n), columnOf(1n, 2n), ORDERED], false);
});

Deno.test("strictMatch() lets reals differ by rounding, as phi-3-medium's answer to mini-dev's 1339", () => {
  // SQLite 3.40 gives the gold 74.0775 and the prediction 74.07749999999999.
  assertMatch([columnOf(74.07749999999999), columnOf(74.0775)], true, "float_tolerance");
  assertMatch([columnOf(74.0775 * (1 + 10 * REAL_TOLERANCE)), columnOf(74.0775)], false);
  assertMatch([columnOf(2.9999999999999996), columnOf(3n)], true, "float_tolerance");
  assertMatch([columnOf(0.1 + 0.2, 1.5), columnOf(1.5, 0.3), ORDERED], false);
  assertMatch([columnOf(0.1 + 0.2, 1.5), columnOf(1.5, 0.3)], true, "float_tolerance");
});

Deno.test("strictMatch() has no tolerance for integers, zero, infinities or text", () => {
  assertMatch([columnOf(10n ** 15n + 1n), columnOf(10n ** 15n)], false);
  assertMatch([columnOf(2n ** 53n + 1n), columnOf(2n ** 53n)], false);
  assertMatch([columnOf(1e-300), columnOf(0.0)], false);
  assertMatch([columnOf(-1e-300), columnOf(1e-300)], false);
  assertMatch([columnOf(Infinity), columnOf(1.5)], false);
  assertMatch([columnOf(-Infinity, 1.5), columnOf(Infinity, 1.5)], false);
  assertMatch([columnOf(-Infinity, 0.3), columnOf(0.1 + 0.2, -Infinity)], true, "float_tolerance");
  assertMatch([columnOf("0.30000000000000004"), columnOf("0.3")], false);
  assertMatch([columnOf(null), columnOf(0.0)], false);
});

Deno.test("strictMatch() pairs whole rows, not cells", () => {
  const [x, near] = [0.3, 0.1 + 0.2];
  assertMatch(
    [rowsOf([[x, 1n], [near, 2n]]), rowsOf([[near, 1n], [x, 2n]])],
    true,
    "float_tolerance",
  );
  assertMatch([rowsOf([[x, 1n], [9.5, 2n]]), rowsOf([[near, 2n], [9.5, 1n]])], false);
});

Deno.test("strictMatch() never unites reals further apart than the tolerance, however many lie between", () => {
  const chain = Array.from({ length: 50 }, (_, i) => 1 + i * REAL_TOLERANCE / 2);
  assertMatch([columnOf(...chain, chain[0]), columnOf(...chain, chain[49])], false, "duplicates");
});

Deno.test("strictMatch() is wrong where a result is not whole", () => {
  for (const result of INCOMPARABLE) {
    assertMatch([result, result], false);
    assertMatch([columnOf(1n), result], false);
    assertMatch([result, columnOf(1n)], false);
  }
  assertMatch([null, rowsOf([])], false);
});

const cell = fc.constantFrom<SqlValue>(null, 1n, 1, 1 + 1e-12, 2n, 0.3, 0.1 + 0.2, "1");
const rows = fc.array(fc.array(cell, { minLength: 2, maxLength: 2 }), { maxLength: 5 });
const sql = fc.constantFrom(SQL, ORDERED);

Deno.test("strictMatch() differs from EX for the reason that it names, and in its direction", () => {
  fc.assert(
    fc.property(rows, rows, sql, (predicted, gold, goldSql) => {
      const [p, g] = [rowsOf(predicted), rowsOf(gold)];
      const { isCorrect: isRight, isStrictlyCorrect, disagreement } = strictMatch(p, g, goldSql);
      assert.equal(isRight, isCorrect(p, g));
      assert.equal(disagreement === "same", isStrictlyCorrect === isRight);
      if (disagreement === "float_tolerance") assert(!isRight);
      if (disagreement === "order") assert(isRight && goldSql === ORDERED);
      if (disagreement === "duplicates") assert(isRight && predicted.length > 0);
    }),
    { numRuns: 2000 },
  );
});

Deno.test("strictMatch() takes any order of the gold's rows, but in its own order where it orders", () => {
  fc.assert(fc.property(rows, fc.nat(), (gold, cut) => {
    const at = gold.length && cut % gold.length;
    const turned = [...gold.slice(at), ...gold.slice(0, at)];
    assert(strictMatch(rowsOf(turned), rowsOf(gold), SQL).isStrictlyCorrect);
    assert(strictMatch(rowsOf(gold), rowsOf(gold), ORDERED).isStrictlyCorrect);
  }));
});

Deno.test("strictMatch() takes noise below the tolerance in any order, and no more", () => {
  const magnitudes = fc.uniqueArray(fc.integer({ min: 1, max: 1000 }), { minLength: 1 });
  const noise = fc.infiniteStream(fc.double({ min: -0.4, max: 0.4, noNaN: true }));
  fc.assert(fc.property(magnitudes, noise, (whole, jitter) => {
    const gold = whole.map((value) => [value + 0.5, BigInt(value % 3)]);
    const noisy = gold.map(([real, group]): SqlRow => [
      Number(real) * (1 + REAL_TOLERANCE * jitter.next().value!),
      group,
    ]).reverse();
    assert(strictMatch(rowsOf(noisy), rowsOf(gold), SQL).isStrictlyCorrect);
    const off = noisy.with(0, [Number(noisy[0][0]) * (1 + 10 * REAL_TOLERANCE), noisy[0][1]]);
    assert(!strictMatch(rowsOf(off), rowsOf(gold), SQL).isStrictlyCorrect);
  }));
});
