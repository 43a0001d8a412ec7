import assert from "finestep/assert";
import type { SqlValue } from "../../src/sandbox/result_set.ts";
import { log, MATH_FUNCTIONS } from "../../src/sandbox/math_functions.ts";

// Expected values: `sqlite3.connect(":memory:").execute("SELECT " + ...)` in Python 3.11, SQLite 3.40.
const CASES: readonly (readonly [name: string, cells: SqlValue[], expected: SqlValue])[] = [
  ["sqrt", [16n], 4],
  ["sqrt", ["4"], 2],
  ["sqrt", ["1e2"], 10],
  ["sqrt", [-1n], null],
  ["sqrt", ["abc"], null],
  ["sqrt", ["4abc"], null],
  ["sqrt", ["0x10"], null],
  ["sqrt", [""], null],
  ["sqrt", [null], null],
  ["sqrt", [Uint8Array.of(0x34)], null],
  ["ceil", [1.2], 2],
  ["ceiling", ["1.5"], 2],
  ["ceil", [2n], 2n],
  ["ceil", [" 3 "], 3n],
  ["ceil", ["a"], null],
  ["floor", [9223372036854775807n], 9223372036854775807n],
  ["trunc", [-1.5], -1],
  ["ln", [0n], null],
  ["mod", [7n, 3n], 1],
  ["mod", [-7n, 3n], -1],
  ["mod", [7n, 0n], null],
  ["pow", [0n, -1n], Infinity],
  ["power", [-8n, 1 / 3], null],
  ["exp", [1000n], Infinity],
  ["acos", [2n], null],
  ["atan2", [1n, 0n], 1.5707963267948966],
  ["degrees", [1n], 57.29577951308232],
  ["radians", [1n], 0.017453292519943295],
  ["log2", [8n], 3],
  ["pi", [], 3.141592653589793],
];

Deno.test("MATH_FUNCTIONS compute what Python's SQLite computes", () => {
  for (const [name, cells, expected] of CASES) {
    assert.equal(MATH_FUNCTIONS[name](...cells), expected, `${name}(${cells})`);
  }
});

Deno.test("log() is to base 10 with one argument and takes the base first with two", () => {
  assert.equal(log(100n), 2);
  assert.equal(log(2n, 8n), 3);
  for (const cells of [[0n], [-1n], [1n, 8n], [0n, 8n], [2n, 0n]]) {
    assert.equal(log(...cells), null);
  }
});
