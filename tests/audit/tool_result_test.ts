import assert from "finestep/assert";
import { ERROR_PATTERN, replyResult } from "../../src/audit/tool_result.ts";

const IS_ERROR = new RegExp(ERROR_PATTERN, "i");
const resultOf = (content: string) => replyResult({ content }, IS_ERROR);

const FAILURES = [
  "Error: no such table: t",
  'error executing SQL: near "FORM": syntax error',
  "SQL error: x",
  "Query execution error: x",
  "OperationalError('no such column: a')",
  "sqlite3.OperationalError: no such column: a",
  '{"error": "x"}',
  "Traceback (most recent call last):\n ...",
  "[ERROR] x",
];
const TIMEOUTS = ["Query timed out after 30 s", "timeout", "Error: statement timed out"];
const SUCCESSES = [
  "error | n\nx | 1",
  "error_count\n3",
  "price_error\n3",
  "No error found",
  "1 timeout row",
  "5",
];

Deno.test("replyResult() takes texts that begin like a failure for one", () => {
  for (const text of FAILURES) assert.equal(resultOf(text).kind, "error", text);
  for (const text of TIMEOUTS) assert.equal(resultOf(text).kind, "timeout", text);
  for (const text of SUCCESSES) assert.equal(resultOf(text).kind, "rows", text);
});

Deno.test("replyResult() finds what SQLite complains of within a text", () => {
  const message = (text: string) => {
    const result = resultOf(text);
    return result.kind === "rows" ? null : result.message;
  };
  assert.equal(message("OperationalError('no such column: a.b')"), "no such column: a.b");
  assert.equal(message("Error: no such table: t\nhint: see schema"), "no such table: t");
  assert.equal(message("Error: x"), "Error: x");
});

Deno.test("replyResult() sees when a text says that there are no rows", () => {
  const rowCount = (text: string) => {
    const result = resultOf(text);
    return result.kind === "rows" ? result.rows.length : null;
  };
  for (
    const text of [
      "",
      " \n",
      "[]",
      "{ }",
      "null",
      "None",
      "No results found.",
      "a | b\n(0 rows)",
      "0 rows",
    ]
  ) {
    assert.equal(rowCount(text), 0, text);
  }
  for (const text of ["0", "[0]", "(10 rows)", "a\n1", "None of them"]) {
    assert.equal(rowCount(text), 1, text);
  }
});

Deno.test("replyResult() reads rows before text", () => {
  const result = replyResult({ content: "Error", rows: [[1, "a", null, 2.5, true]] }, IS_ERROR);
  assert.deepEqual(result.kind === "rows" && result.rows, [[1n, "a", null, 2.5, 1n]]);
  assert.deepEqual(result.kind === "rows" && result.columns.length, 5);
});
