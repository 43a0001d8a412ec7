import assert from "finestep/assert";
import fc from "fast-check";
import { errorText, OBSERVATION_FORMATS, observationText } from "../../src/env/observation.ts";
import type { SqlResult, SqlRow } from "../../src/sandbox/result_set.ts";

const { full, compact } = OBSERVATION_FORMATS;

const table = (columns: string[], rows: SqlRow[], truncated = false): SqlResult => ({
  kind: "rows",
  columns,
  rows,
  truncated,
  elapsedMs: 1,
});
const numbers = (n: number) => Array.from({ length: n }, (_, i): SqlRow => [BigInt(i)]);

Deno.test("observationText() shows a whole table with every kind of cell", () => {
  const result = table(["id", "price", "name", "photo"], [
    [1n, 2, "Zum Hof", null],
    [2n, 0.5, "two\nlines", Uint8Array.of(1)],
  ]);
  assert.equal(
    observationText(result, full),
    "id | price | name | photo\n1 | 2.0 | Zum Hof | NULL\n2 | 0.5 | two lines | x'01'\n(2 rows)",
  );
  assert.equal(
    observationText(result, compact),
    "id|price|name|photo\n1|2.0|Zum Hof|NULL\n2|0.5|two lines|x'01'",
  );
});

Deno.test("observationText() shows the first rows and how many there are", () => {
  assert.equal(
    observationText(table(["n"], numbers(12)), full),
    "n\n0\n1\n2\n3\n4\n5\n6\n7\n8\n9\n(12 rows, showing 10)",
  );
  assert.equal(observationText(table(["n"], numbers(12)), compact), "n\n0\n1\n2\n3\n4\n12 rows");
  assert.equal(observationText(table(["n"], numbers(10)), full).split("\n").at(-1), "(10 rows)");
});

Deno.test("observationText() says that a capped result is longer", () => {
  const last = (text: string) => text.split("\n").at(-1);
  const capped = table(["n"], numbers(3), true);
  assert.equal(last(observationText(capped, full)), "(more than 3 rows, showing 3)");
  assert.equal(last(observationText(capped, compact)), "more than 3 rows");
});

Deno.test("observationText() says that there are no rows", () => {
  assert.equal(observationText(table(["n"], []), full), "n\n(0 rows)");
  assert.equal(observationText(table(["n"], []), compact), "n\n0 rows");
});

Deno.test("observationText() counts one row as one row", () => {
  assert.equal(observationText(table(["n"], numbers(1)), full), "n\n0\n(1 row)");
});

Deno.test("observationText() cuts a long cell", () => {
  const [, row] = observationText(table(["t"], [["x".repeat(500)]]), full).split("\n");
  assert.equal(row, `${"x".repeat(97)}...`);
});

Deno.test("observationText() does not cut a character in half", () => {
  const [, row] = observationText(table(["t"], [["😀".repeat(500)]]), full).split("\n");
  assert.equal(row, `${"😀".repeat(48)}...`);
});

Deno.test("observationText() makes one blank of blanks with a break, in time that grows with them", () => {
  const shown = observationText(table(["c"], [["a \n\t b  c"]]), full);
  assert.equal(shown, "c\na b  c\n(1 row)");
  const startedMs = performance.now();
  observationText(table(["c"], [[" ".repeat(2 ** 20)]]), full);
  // It was an hour when each blank of a run was begun at.
  assert.ok(performance.now() - startedMs < 10_000);
});

Deno.test("observationText() leaves out rows that have no room, and says so", () => {
  const rows = Array.from({ length: 10 }, (): SqlRow => Array(4).fill("x".repeat(90)));
  const lines = observationText(table(["a", "b", "c", "d"], rows), full).split("\n");
  assert.equal(lines.length, 8);
  assert.equal(lines[1].length, 369);
  assert.match(lines[6], /x\.\.\.$/);
  assert.equal(lines[7], "(10 rows, showing 6)");
});

Deno.test("observationText() shows why there are no rows", () => {
  const failure = (kind: "error" | "timeout", message: string): SqlResult => ({
    kind,
    message,
    elapsedMs: 1,
  });
  assert.equal(
    observationText(failure("error", "no such column: nmae"), full),
    "Error: no such column: nmae",
  );
  assert.equal(
    observationText(failure("timeout", "Stopped after 5000 ms"), compact),
    "error: Stopped after 5000 ms",
  );
});

Deno.test("errorText() cuts a long message", () => {
  assert.equal(errorText("x".repeat(3000), compact), `error: ${"x".repeat(190)}...`);
});

Deno.test("observationText() keeps to its limit and is well-formed for any table", () => {
  const cell = fc.oneof(
    fc.string({ unit: "grapheme", maxLength: 300 }),
    fc.bigInt(),
    fc.constant(null),
  );
  const tables = fc.integer({ min: 1, max: 60 }).chain((width) =>
    fc.record({
      columns: fc.array(fc.string({ maxLength: 200 }), { minLength: width, maxLength: width }),
      rows: fc.array(fc.array(cell, { minLength: width, maxLength: width }), { maxLength: 15 }),
      truncated: fc.boolean(),
    })
  );
  fc.assert(
    fc.property(tables, fc.constantFrom(full, compact), (shape, format) => {
      const text = observationText({ kind: "rows", elapsedMs: 0, ...shape }, format);
      assert.ok(text.length <= format.maxChars);
      assert.ok(text.isWellFormed());
    }),
    { numRuns: 60 },
  );
});
