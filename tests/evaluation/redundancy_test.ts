import assert from "finestep/assert";
import fc from "fast-check";
import { redundancyOf, redundancyRate, stepCategories } from "../../src/evaluation/redundancy.ts";
import type { SqlResult, SqlRow, SqlRows } from "../../src/sandbox/result_set.ts";
import type { Episode, Step } from "../../src/trajectory/episode.ts";

function rows(rows: readonly SqlRow[], columns = ["a"], truncated = false): SqlRows {
  return { kind: "rows", columns, rows, truncated, elapsedMs: 1 };
}

function failed(message: string, kind: "error" | "timeout" | "refused" = "error"): SqlResult {
  return { kind, message, elapsedMs: 1 };
}

function call(sql: string, result: SqlResult, fields: Record<string, unknown> = {}): Step {
  const toolArguments = { sql, ...fields };
  return {
    text: "",
    action: { kind: "toolCall", reasoning: "", tool: "execute_sql", arguments: toolArguments, sql },
    result,
    observation: "",
  };
}

const VIOLATION: Step = {
  text: "",
  action: { kind: "violation", violation: "no_action", detail: "" },
  result: null,
  observation: "",
};

function episode(steps: readonly Step[], fields: Partial<Episode> = {}): Episode {
  return {
    exampleId: "0",
    databaseId: "shop",
    seed: 0,
    policy: "scripted",
    prompt: [],
    steps,
    stopReason: "turn_limit",
    finalSql: null,
    finalResult: null,
    goldSql: "SELECT 'gold'",
    goldResult: rows([["gold"]]),
    tokens: null,
    timings: { totalMs: 0, sqlMs: 0 },
    ...fields,
  };
}

/** The classes of each call. */
function classes(steps: readonly Step[], fields: Partial<Episode> = {}): string[] {
  return redundancyOf(episode(steps, fields)).calls.map((call) => call.classes.join(" "));
}

function answer(finalSql: string, finalResult: SqlResult): Partial<Episode> {
  return { stopReason: "answer", finalSql, finalResult };
}

Deno.test("redundancyOf() finds R1, the same call with its arguments in any order", () => {
  const first = call("SELECT 1", failed("x", "timeout"), { limit: 3 });
  const { action } = first;
  assert(action.kind === "toolCall");
  const reordered = { ...first, action: { ...action, arguments: { limit: 3, sql: "SELECT 1" } } };
  assert.deepEqual(classes([first, reordered]), ["", "R1"]);
});

Deno.test("redundancyOf() finds R2, the same SQL in another spelling", () => {
  assert.deepEqual(
    classes([call("SELECT a FROM t", rows([])), call("select  A from T; -- again", rows([]))]),
    ["", "R2"],
  );
});

Deno.test("redundancyOf() finds R2 rather than R1 when only another argument differs", () => {
  assert.deepEqual(
    classes([call("SELECT 1", rows([])), call("SELECT 1", rows([]), { limit: 3 })]),
    ["", "R2"],
  );
});

Deno.test("redundancyOf() finds R3, the same failure over the same name", () => {
  assert.deepEqual(
    classes([
      call("SELECT x FROM t", failed("no such column: T1.x")),
      call("SELECT x FROM t LIMIT 1", failed("no such column: t1.X")),
      call("SELECT y FROM t", failed("no such column: y")),
      call("SELECT 1 FROM y", failed("no such table: y")),
      call('SELECT "x"', failed('no such column: "t1.x" - should this be a string literal?')),
    ]),
    ["", "R3", "", "", "R3"],
  );
});

Deno.test("redundancyOf() does not take two syntax errors at the same token for the same failure", () => {
  const message = 'near "FROM": syntax error';
  assert.deepEqual(
    classes([
      call("SELECT FROM t", failed(message)),
      call("SELECT a, FROM t", failed(message)),
      call("SELECT a,  FROM t", failed(message)),
    ]),
    ["", "", "R2 R3"],
  );
});

Deno.test("redundancyOf() does not count a repeated timeout as R3", () => {
  const timeout = failed("over 5 s", "timeout");
  assert.deepEqual(classes([call("SELECT 1", timeout), call("SELECT 2", timeout)]), ["", ""]);
});

Deno.test("redundancyOf() finds R4, the same multiset of rows under any header and in any order", () => {
  assert.deepEqual(
    classes([
      call("SELECT a", rows([[1n], [2n], [2n]], ["a"])),
      call("SELECT b", rows([[2n], [1n], [2.0]], ["b"])),
      call("SELECT c", rows([[2n], [1n]], ["c"])),
    ]),
    ["", "R4", ""],
  );
});

Deno.test("redundancyOf() never calls an empty result R4, as it says something each first time", () => {
  assert.deepEqual(classes([call("SELECT a", rows([])), call("SELECT b", rows([]))]), ["", ""]);
});

Deno.test("redundancyOf() tells a truncated result from a whole one with the same rows", () => {
  assert.deepEqual(
    classes([
      call("SELECT a", rows([[1n]], ["a"])),
      call("SELECT b", rows([[1n]], ["b"], true)),
      call("SELECT c", rows([[1n]], ["c"], true)),
    ]),
    ["", "", "R4"],
  );
});

Deno.test("redundancyOf() reports R4Lenient when all cells were seen under the same headers", () => {
  const { calls } = redundancyOf(episode([
    call("SELECT name, age", rows([["Ann", 1n], ["Bob", 2n]], ["name", "age"])),
    call("SELECT Name", rows([["Bob"]], ["Name"])),
    call("SELECT pet", rows([["Bob"], ["Ann"]], ["pet"])),
  ]));
  assert.deepEqual(calls.map(({ classes }) => classes), [[], ["R4Lenient"], []]);
  assert.deepEqual(calls.map(({ category }) => category), [null, null, null]);
});

Deno.test("redundancyOf() finds R4 and R4Lenient as their definitions have it, in any results", () => {
  const result = fc.record({
    columns: fc.array(fc.constantFrom("a", "A", "b"), { minLength: 1, maxLength: 2 }),
    cells: fc.array(fc.constantFrom(1n, 2n), { maxLength: 4 }),
    truncated: fc.boolean(),
  }).map(({ columns, cells, truncated }) => {
    const count = Math.floor(cells.length / columns.length);
    const row = (_: unknown, r: number) => columns.map((_, c) => cells[r * columns.length + c]);
    return rows(Array.from({ length: count }, row), columns, truncated);
  });
  const multiset = ({ columns, rows, truncated }: SqlRows) =>
    `${columns.length} ${truncated} ${rows.map((row) => row.join()).sort().join(" ")}`;
  const facts = ({ columns, rows }: SqlRows) =>
    rows.flatMap((row) => row.map((cell, c) => `${columns[c].toLowerCase()} ${cell}`));
  fc.assert(fc.property(fc.array(result, { maxLength: 5 }), (results) => {
    const made = episode(results.map((result, n) => call(`SELECT ${n}`, result)));
    const { calls } = redundancyOf(made);
    for (const [n, { classes }] of calls.entries()) {
      const before = results.slice(0, n);
      const isOld = results[n].rows.length > 0 &&
        before.some((earlier) => multiset(earlier) === multiset(results[n]));
      const known = new Set(before.flatMap(facts));
      const found = facts(results[n]);
      const hasOldFacts = found.length > 0 && found.every((fact) => known.has(fact));
      assert.deepEqual([classes.includes("R4"), classes.includes("R4Lenient")], [
        isOld,
        hasOldFacts,
      ]);
    }
    assert.deepEqual(stepCategories(made), calls.map(({ category }) => category));
  }));
});

Deno.test("stepCategories() reads no cell of results that differ in shape", () => {
  // Served episodes are looked at after each step: reading all cells of all results took half a minute.
  const unread = new Proxy([1n], {
    get: (row, name) => name === "length" ? row.length : assert.fail(`read ${String(name)}`),
  });
  const results = [rows([unread]), rows([unread, unread]), rows([unread], ["a"], true)];
  const steps = [...results.map((result, n) => call(`SELECT ${n} FROM t`, result)), VIOLATION];
  assert.deepEqual(stepCategories(episode(steps)), [null, null, null, null]);
});

const TABLE_INFO = rows([[0n, "id", "INTEGER"]], ["cid", "name", "type"]);

Deno.test("redundancyOf() finds R5a, a look-up of a table that an earlier look-up has shown", () => {
  assert.deepEqual(
    classes([
      call("PRAGMA table_info(item)", TABLE_INFO),
      call("SELECT * FROM Item LIMIT 3", rows([[7n]], ["id"])),
      call("SELECT * FROM sale LIMIT 3", rows([[8n]], ["sale_id"])),
      call(
        'PRAGMA main.table_info("sale")',
        rows([[0n, "sale_id", "TEXT"]], ["cid", "name", "type"]),
      ),
      call("SELECT name FROM pragma_table_info('ITEM')", rows([["id"]], ["column"])),
    ]),
    ["", "R5a", "", "R5a", "R5a"],
  );
});

Deno.test("redundancyOf() sees which tables sqlite_master showed from its rows", () => {
  const names = rows([["item"], ["sale"]], ["name"]);
  const sql = rows([["CREATE TABLE item (id)"], ['CREATE TABLE "sale" (id)']], ["sql"]);
  assert.deepEqual(
    classes([
      call("SELECT name FROM sqlite_master", names),
      call("SELECT sql FROM sqlite_master WHERE type = 'table'", sql),
      call("SELECT tbl_name FROM sqlite_schema", rows([["sale"]], ["tbl_name"])),
      call("SELECT name FROM sqlite_master WHERE 1", rows([["other"]], ["name"])),
    ]),
    ["", "", "R5a", ""],
  );
});

Deno.test("redundancyOf() takes no query with conditions for a schema look-up", () => {
  assert.deepEqual(
    classes([
      call("PRAGMA table_info(item)", TABLE_INFO),
      call("SELECT * FROM item WHERE id = 3 LIMIT 3", rows([[3n]], ["id"])),
      call("SELECT * FROM item LIMIT 3 OFFSET 3", rows([[4n]], ["id"])),
      call("SELECT id FROM item LIMIT 3", rows([[5n]], ["id"])),
      call("SELECT * FROM item", rows([[6n]], ["id"])),
    ]),
    ["", "", "", "", ""],
  );
});

Deno.test("redundancyOf() does not count a look-up that showed nothing", () => {
  assert.deepEqual(
    classes([
      call("PRAGMA table_info(missing)", rows([], ["cid", "name"])),
      call("SELECT * FROM missing LIMIT 1", failed("no such table: missing")),
      call("PRAGMA table_info('missing')", rows([], ["cid", "name"])),
    ]),
    ["", "", ""],
  );
});

for (
  const [template, content] of [
    ["CREATE TABLE", "Schema:\nCREATE TABLE `item` (\n  id INTEGER\n);"],
    ["compact", "item(id INTEGER PK, name)\nquestion: how many (all)?"],
  ]
) {
  Deno.test(`redundancyOf() reports R5b for a look-up of a table in a ${template} prompt`, () => {
    const { calls } = redundancyOf(episode([
      call("SELECT * FROM item LIMIT 3", rows([[7n]], ["id"])),
      call("PRAGMA table_info(sale)", rows([[0n, "sale_id"]], ["cid", "name"])),
    ], { prompt: [{ role: "user", content }] }));
    assert.deepEqual(calls.map(({ classes }) => classes), [[], []]);
    const [looked] = redundancyOf(episode([call("PRAGMA table_info(item)", TABLE_INFO)], {
      prompt: [{ role: "user", content }],
    })).calls;
    assert.deepEqual([looked.classes, looked.category], [["R5b"], null]);
  });
}

Deno.test("redundancyOf() finds R6, calls after the one that gave the final rows", () => {
  const steps = [
    call("SELECT 1", rows([["x"]])),
    call("SELECT 2", rows([["final"]])),
    call("SELECT 3", rows([["y"]])),
  ];
  const { calls, determinedAt, excessSteps } = redundancyOf(
    episode(steps, answer("SELECT 'final'", rows([["final"]], ["b"]))),
  );
  assert.deepEqual(calls.map(({ category }) => category), [null, null, "R6"]);
  assert.deepEqual([determinedAt, excessSteps], [1, 1]);
});

Deno.test("redundancyOf() does not count the first execution of the final SQL as R6", () => {
  const final = rows([["final"]]);
  const { calls } = redundancyOf(episode([
    call("SELECT 2", final),
    call("SELECT 3", final),
    call("select 'final'", final),
    call("SELECT 'final' ", final),
  ], answer("SELECT 'final'", final)));
  assert.deepEqual(calls.map(({ classes }) => classes.filter((name) => name === "R6")), [
    [],
    ["R6"],
    [],
    ["R6"],
  ]);
});

Deno.test("redundancyOf() finds R6 after an execution of the final SQL that gave no rows", () => {
  const steps = [
    call("SELECT a WHERE 0", rows([])),
    call("SELECT 'final'", rows([])),
    call("SELECT 3", rows([["y"]])),
  ];
  const { calls, determinedAt } = redundancyOf(episode(steps, answer("SELECT 'final'", rows([]))));
  assert.deepEqual(calls.map(({ category }) => category), [null, null, "R6"]);
  assert.equal(determinedAt, 1);
});

Deno.test("redundancyOf() determines nothing without an answer", () => {
  const { determinedAt, excessSteps } = redundancyOf(episode([call("SELECT 1", rows([["x"]]))]));
  assert.deepEqual([determinedAt, excessSteps], [null, null]);
});

Deno.test("redundancyOf() reports R6Oracle after the first right call, if the answer is right", () => {
  const gold = rows([["gold"], ["gold"]]);
  const steps = [
    call("SELECT 1", gold),
    call("SELECT 2", rows([["x"]])),
    call("SELECT 3", rows([["y"]])),
  ];
  // EX ignores the repeated row, the comparison with the final rows does not.
  assert.deepEqual(classes(steps, answer("SELECT 3", rows([["gold"]]))), ["", "R6Oracle", ""]);
  assert.deepEqual(classes(steps, answer("SELECT 4", rows([["wrong"]]))), ["", "", ""]);
});

Deno.test("redundancyOf() counts a call in its first category only", () => {
  const final = rows([["final"]]);
  const categories = redundancyOf(episode([
    call("SELECT 'final'", final),
    call("SELECT 'final'", final),
    call("select 'final'", final),
    call("SELECT 'fin' || 'al'", final),
    call("SELECT x", failed("no such column: x")),
    call("SELECT  x", failed("no such column: x")),
    call("SELECT x, x", failed("no such column: x")),
    call("PRAGMA table_info(item)", TABLE_INFO),
    call("SELECT * FROM item LIMIT 1", rows([[7n]])),
    call("SELECT * FROM item LIMIT 2", rows([[7n]])),
  ], answer("SELECT 'final'", final))).calls.map(({ category }) => category);
  assert.deepEqual(categories, [null, "R1", "R2", "R4", "R6", "R2", "R3", "R6", "R5a", "R4"]);
});

Deno.test("redundancyOf() counts tool calls only, and remembers their steps", () => {
  const final: Step = {
    ...call("SELECT 1", rows([[1n]])),
    action: { kind: "answer", reasoning: "", sql: "SELECT 1" },
  };
  const { calls } = redundancyOf(
    episode(
      [VIOLATION, call("SELECT 1", rows([[1n]])), VIOLATION, final],
      answer("SELECT 1", rows([[1n]])),
    ),
  );
  assert.deepEqual(calls.map(({ index, step }) => [index, step]), [[0, 1]]);
});

Deno.test("redundancyOf() compares tools without SQL by their arguments alone", () => {
  const lookUp = (table: string): Step => ({
    text: "",
    action: {
      kind: "toolCall",
      reasoning: "",
      tool: "get_table_schema",
      arguments: { table },
      sql: "",
    },
    result: null,
    observation: "",
  });
  assert.deepEqual(classes([lookUp("item"), lookUp("sale"), lookUp("item")]), ["", "", "R1"]);
});

Deno.test("redundancyRate() of a hand-worked pair of episodes", () => {
  const final = rows([["final"]]);
  const summary = redundancyRate([
    redundancyOf(episode([
      call("SELECT x", failed("no such column: x")),
      call("SELECT 'final'", final),
      call("SELECT 'final'", final),
      call("SELECT 2", rows([["y"]])),
    ], answer("SELECT 'final'", final))),
    redundancyOf(episode([call("SELECT 1", rows([[1n]])), call("SELECT 2", rows([[2n]]))])),
    redundancyOf(episode([])),
  ]);
  const zero = { R1: 0, R2: 0, R3: 0, R4: 0, R5a: 0, R6: 0 };
  assert.deepEqual(summary, {
    episodeCount: 3,
    callCount: 6,
    redundantCount: 2,
    rtr: 2 / 6,
    macroRtr: (2 / 4 + 0 + 0) / 3,
    callsPerQuestion: 2,
    redundantPerQuestion: 2 / 3,
    failingCallRate: 1 / 6,
    categoryRates: { ...zero, R1: 1 / 6, R6: 1 / 6 },
    classRates: { ...zero, R1: 1 / 6, R4: 1 / 6, R6: 2 / 6, R4Lenient: 1 / 6, R5b: 0, R6Oracle: 0 },
    excessSteps: 2,
    determinedCount: 1,
  });
});

Deno.test("redundancyRate() is 0 without calls, and without episodes", () => {
  for (const episodes of [[], [redundancyOf(episode([]))]]) {
    const { rtr, macroRtr, callsPerQuestion, failingCallRate, excessSteps } = redundancyRate(
      episodes,
    );
    assert.deepEqual([rtr, macroRtr, callsPerQuestion, failingCallRate, excessSteps], [
      0,
      0,
      0,
      0,
      0,
    ]);
  }
});
