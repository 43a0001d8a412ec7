import assert from "finestep/assert";
import fc from "fast-check";
import type { SqlRow, SqlValue } from "../../src/sandbox/result_set.ts";
import { rowKey, sameRows, sameSequence } from "../../src/sandbox/same_rows.ts";

const bytes = (...values: number[]) => Uint8Array.from(values);

// The table of BIRD's Soft-F1 and EX values, produced by running mini_dev's evaluation code.
const OFFICIAL_EX: readonly (readonly [SqlRow[], SqlRow[], boolean])[] = [
  [[[3n, 4n], [1n, 2n]], [[1n, 2n], [3n, 4n]], true],
  [[[2n, 1n], [4n, 3n]], [[1n, 2n], [3n, 4n]], false],
  [[[1n], [2n], [3n]], [[1n], [2n]], false],
  [[[1n]], [[1n], [2n]], false],
  [[[1n, 9n], [2n, 9n]], [[1n], [2n]], false],
  [[[1n, 1n]], [[1n]], false],
  [[], [[1n]], false],
  [[[1.0]], [[1n]], true],
  [[], [], true],
];

Deno.test("sameRows() gives BIRD's published EX values, in both directions", () => {
  for (const [predicted, gold, expected] of OFFICIAL_EX) {
    assert.equal(sameRows(predicted, gold), expected);
    assert.equal(sameRows(gold, predicted), expected);
  }
});

Deno.test("sameRows() compares cells as Python does", () => {
  const cases: readonly (readonly [SqlValue, SqlValue, boolean])[] = [
    ["1", 1n, false],
    ["1", 1.0, false],
    [null, null, true],
    [null, 0n, false],
    [null, "", false],
    ["a", bytes(97), false],
    [bytes(97), bytes(97), true],
    ["a", "A", false],
    ["a", "a ", false],
    ["\u00e9", "e\u0301", false],
    [0n, -0.0, true],
    [0.1 + 0.2, 0.3, false],
    [9007199254740993n, 9007199254740992.0, false],
    [9007199254740992n, 9007199254740992.0, true],
    [9223372036854775807n, 9223372036854775808.0, false],
    [-9223372036854775808n, -9223372036854775808.0, true],
    [Infinity, Infinity, true],
    [Infinity, -Infinity, false],
  ];
  for (const [a, b, expected] of cases) {
    assert.equal(sameRows([[a]], [[b]]), expected, `${a}, ${b}`);
  }
});

Deno.test("rowKey() keeps cells apart that read alike when joined", () => {
  const rows: SqlRow[] = [["a", "b"], ["ab", ""], ["ab"], ["a,s1:b"], ["a1:b"], ["s1:as1:b"], [
    1n,
    2n,
  ], [12n]];
  assert.equal(new Set(rows.map(rowKey)).size, rows.length);
});

/** Python's `==` on two cells, written a second time and slowly. */
function pythonEquals(a: SqlValue, b: SqlValue): boolean {
  const isNumber = (cell: SqlValue) => typeof cell === "bigint" || typeof cell === "number";
  if (isNumber(a) && isNumber(b)) return a == b; // JavaScript compares bigints with numbers exactly.
  if (a instanceof Uint8Array && b instanceof Uint8Array) return a.toHex() === b.toHex();
  return a === b;
}

// Few and confusable values, so that equal cells are common.
const cell = fc.oneof(
  fc.constantFrom<SqlValue>(null, 0n, 0, -0, 1n, 1, "1", "", "n", bytes(), bytes(49), 0.5, 1e300),
  fc.bigInt({ min: 2n ** 53n - 2n, max: 2n ** 53n + 2n }),
  fc.integer({ min: -2, max: 2 }).map((offset) => 2 ** 53 + offset),
  fc.string({ maxLength: 2, unit: fc.constantFrom("s", "1", ":", ",") }),
);
const rows = fc.array(fc.array(cell, { minLength: 2, maxLength: 2 }), { maxLength: 6 });

Deno.test("rowKey() is shared exactly by rows that Python calls equal", () => {
  const row = fc.array(cell, { maxLength: 2 });
  fc.assert(
    fc.property(row, row, (a, b) => {
      const isEqual = a.length === b.length && a.every((value, i) => pythonEquals(value, b[i]));
      assert.equal(rowKey(a) === rowKey(b), isEqual);
    }),
    { numRuns: 2000 },
  );
});

Deno.test("sameRows() ignores the order of rows and duplicates", () => {
  fc.assert(fc.property(rows, fc.nat(), (given, cut) => {
    const at = given.length && cut % given.length;
    const shuffled = [...given.slice(at), ...given.slice(0, at).reverse(), ...given.slice(0, 1)];
    assert.ok(sameRows(given, shuffled));
  }));
});

Deno.test("sameRows() sees a row that only one side has", () => {
  fc.assert(fc.property(rows, (given) => {
    const more = [...given, ["only here", null]];
    assert.equal(sameRows(given, more), false);
    assert.equal(sameRows(more, given), false);
  }));
});

Deno.test("sameSequence() holds for rows with the same keys in the same order", () => {
  fc.assert(fc.property(rows, rows, fc.boolean(), (a, other, isCopy) => {
    const b = isCopy ? a.map((row) => [...row]) : other;
    const isSame = JSON.stringify(a.map(rowKey)) === JSON.stringify(b.map(rowKey));
    assert.equal(sameSequence(a, b), isSame);
  }));
  assert.equal(sameSequence([[1n, 0.5], ["a", bytes(1)]], [[1.0, 0.5], ["a", bytes(1)]]), true);
  assert.equal(sameSequence([[1n]], [[1n, 1n]]), false);
});
