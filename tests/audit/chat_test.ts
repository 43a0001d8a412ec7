import assert from "finestep/assert";
import { redundancyOf } from "../../src/evaluation/redundancy.ts";
import type { Trace } from "../../src/audit/trace.ts";
import { ASKED, calls, dialogue, reply, says, traceOf } from "./chats.ts";

const COUNT = "SELECT count(*) FROM item";
const FENCED = says("So it is.\n```sql\nSELECT count(*) FROM item\n```");

const kinds = ({ episode }: Trace) => episode.steps.map(({ action }) => action.kind);
const classes = ({ episode }: Trace) => redundancyOf(episode).calls.map(({ classes }) => classes);

Deno.test("chatTrace() finds the classes of a dialogue worked by hand", () => {
  const trace = traceOf([
    ...dialogue(
      ["SELECT name FROM itm", "Error: no such table: itm"],
      ["SELECT id FROM itm", '{"error": "no such table: itm"}'],
      [COUNT, "5"],
      ["select COUNT(*) from item;", "5"],
      ["SELECT max(id) FROM item", "5"],
      [COUNT, "5"],
    ),
    FENCED,
  ]);
  const { calls, excessSteps } = redundancyOf(trace.episode);
  assert.deepEqual(calls.map(({ category }) => category), [null, "R3", null, "R2", "R4", "R1"]);
  assert.deepEqual(calls.map(({ hasFailed }) => hasFailed), [
    true,
    true,
    false,
    false,
    false,
    false,
  ]);
  assert.equal(excessSteps, 3);
  assert.equal(trace.episode.finalSql, COUNT);
  assert.deepEqual(trace.messages, [1, 3, 5, 7, 9, 11, 13]);
  assert.equal(trace.hasRows, false);
});

Deno.test("chatTrace() makes each of parallel calls a step, with replies by id in any order", () => {
  const trace = traceOf([
    ASKED,
    calls(
      { id: "a", name: "run_sql", arguments: '{"sql": "SELECT 1"}' },
      { id: "b", name: "run_sql", arguments: '{"sql": "SELECT 2"}' },
    ),
    reply("2", { tool_call_id: "b" }),
    reply("1", { tool_call_id: "a" }),
  ]);
  assert.deepEqual(trace.episode.steps.map(({ observation }) => observation), ["1", "2"]);
  assert.deepEqual(trace.messages, [1, 1]);
});

Deno.test("chatTrace() gives replies without ids to calls in their order", () => {
  const trace = traceOf([ASKED, calls("SELECT 1", "SELECT 2"), reply("1"), reply("2")]);
  assert.deepEqual(trace.episode.steps.map(({ observation }) => observation), ["1", "2"]);
});

Deno.test("chatTrace() keeps ids apart that a later message uses again", () => {
  const again = (sql: string) =>
    calls({ id: "call_0", name: "run_sql", arguments: JSON.stringify({ sql }) });
  const trace = traceOf([
    ASKED,
    again("SELECT 1"),
    reply("1", { tool_call_id: "call_0" }),
    again("SELECT 2"),
    reply("2", { tool_call_id: "call_0" }),
  ]);
  assert.deepEqual(trace.episode.steps.map(({ observation }) => observation), ["1", "2"]);
});

Deno.test("chatTrace() refuses a reply without a call", () => {
  assert.throws(() => traceOf([ASKED, reply("1"), says("?")]), /message 1 is before any/);
  assert.throws(() => traceOf([ASKED, calls("SELECT 1"), reply("1"), reply("2")]), /2 replies/);
  assert.throws(
    () => traceOf([ASKED, calls("SELECT 1"), reply("1", { tool_call_id: "z" })]),
    /message 1 has no call "z"/,
  );
});

Deno.test("chatTrace() has no result for a call without a reply, which is not a failing call", () => {
  const trace = traceOf([ASKED, calls("SELECT 1")]);
  assert.equal(trace.episode.steps[0].result, null);
  assert.equal(redundancyOf(trace.episode).calls[0].hasFailed, false);
});

Deno.test("chatTrace() compares no successes of tools without SQL, but their calls", () => {
  const note = (text: string) => calls({ name: "note", arguments: { text } });
  const trace = traceOf([
    ...[ASKED, note("a"), reply("ok"), note("b"), reply("ok"), note("a"), reply("ok")],
    FENCED,
  ]);
  assert.deepEqual(classes(trace), [[], [], ["R1"]]);
});

Deno.test("chatTrace() finds SQL in an argument by name, or by how its text begins", () => {
  const sqlOf = (given: Record<string, unknown>, sqlArgument = "") => {
    const { episode } = traceOf(
      [ASKED, calls({ name: "tool", arguments: given })],
      {},
      { sqlArgument },
    );
    const [{ action }] = episode.steps;
    return action.kind === "toolCall" ? action.sql : null;
  };
  assert.equal(sqlOf({ sql: "SELCT 1" }), "SELCT 1");
  assert.equal(sqlOf({ query: "-- all\nwith a as (select 1) select 1" })?.slice(0, 6), "-- all");
  assert.equal(sqlOf({ query: "prices of items" }), "");
  assert.equal(sqlOf({ stmt: "SELECT 1" }), "");
  assert.equal(sqlOf({ stmt: "x", sql: "SELECT 1" }, "stmt"), "x");
});

Deno.test("chatTrace() takes arguments that are no JSON object for a violation", () => {
  const trace = traceOf([
    ASKED,
    calls({ name: "run_sql", arguments: '{"sql": ' }, { name: "run_sql", arguments: "[1]" }),
    reply("bad call"),
    reply("bad call"),
  ]);
  assert.deepEqual(kinds(trace), ["violation", "violation"]);
  assert.deepEqual(classes(trace), []);
});

Deno.test("chatTrace() takes a message without a call for the answer only at the end", () => {
  const trace = traceOf([ASKED, says("```sql\nSELECT 9\n```"), ASKED, FENCED]);
  assert.deepEqual(kinds(trace), ["violation", "answer"]);
  assert.equal(trace.episode.finalSql, COUNT);
  assert.equal(traceOf([ASKED, says("SELECT 1")]).episode.finalSql, "SELECT 1");
});

Deno.test("chatTrace() has no answer where there is none", () => {
  for (
    const [fields, message] of [
      [{}, says("I do not know.")],
      [{}, says("```sql\n-- nothing\n```")],
      [{ final_sql: null }, FENCED],
    ] as const
  ) {
    const trace = traceOf([ASKED, message], fields);
    assert.deepEqual(kinds(trace), ["violation"]);
    assert.equal(trace.episode.finalSql, null);
  }
});

Deno.test("chatTrace() takes final_sql before the last message's SQL", () => {
  const trace = traceOf([ASKED, FENCED], { final_sql: "SELECT 7" });
  assert.deepEqual(kinds(trace), ["answer"]);
  assert.equal(trace.episode.finalSql, "SELECT 7");
  const called = traceOf([ASKED, calls("SELECT 7")], { final_sql: "SELECT 7" });
  assert.deepEqual(kinds(called), ["toolCall"]);
  assert.equal(called.episode.finalSql, "SELECT 7");
});

Deno.test("chatTrace() reads the answer from a tool that submits it", () => {
  const submitted = calls({ name: "submit", arguments: { sql: COUNT } });
  const messages = [...dialogue([COUNT, "5"]), submitted, reply("thanks")];
  const trace = traceOf(messages, {}, { answerTool: "submit" });
  assert.deepEqual(kinds(trace), ["toolCall", "answer"]);
  assert.equal(trace.episode.finalSql, COUNT);
  assert.equal(traceOf(messages).episode.finalSql, null);
});

Deno.test("chatTrace() knows rows where they are given, and equal rows by their cells", () => {
  const trace = traceOf([
    ASKED,
    calls("SELECT 1 AS a"),
    reply("a\n1", { rows: [[1]], columns: ["a"] }),
    calls("SELECT 1.0 AS b"),
    reply("b\n1.0", { rows: [[1.0]] }),
  ]);
  assert.equal(trace.hasRows, true);
  assert.deepEqual(classes(trace)[1].slice(0, 1), ["R4"]);
});

Deno.test("chatTrace() takes rows for known where all that has no rows has failed", () => {
  const trace = traceOf([...dialogue(["SELECT x", "Error: no such column: x"]), FENCED]);
  assert.equal(trace.hasRows, true);
});

Deno.test("chatTrace() takes the result of the call that ran the answer's SQL for the answer's", () => {
  const failed = traceOf([...dialogue([COUNT, "Error: no such table: item"]), FENCED]);
  assert.equal(failed.episode.finalResult?.kind, "error");
  assert.equal(failed.episode.steps[1].result?.kind, "error");
  const unknown = traceOf([ASKED, FENCED]);
  assert.equal(unknown.episode.finalResult, null);
  assert.equal(unknown.episode.steps[0].result?.kind, "rows");
});

Deno.test("chatTrace() groups by group, then question, then alone", () => {
  assert.equal(traceOf([FENCED], { group: 3, question_id: 4 }).group, "3");
  assert.equal(traceOf([FENCED], { question_id: 4 }).group, "4");
  assert.equal(traceOf([FENCED]).group, "line 1");
  assert.equal(traceOf([FENCED], { id: "x" }).id, "x");
});

Deno.test("chatTrace() reads tables from the prompt for R5b", () => {
  const system = { role: "developer", content: "CREATE TABLE item (id INTEGER)" };
  const trace = traceOf([system, ...dialogue(["PRAGMA table_info(item)", "id INTEGER"])]);
  assert.deepEqual(classes(trace), [["R5b"]]);
});

Deno.test("chatTrace() finds failures by the expression that is given", () => {
  const messages = dialogue(["SELECT 1", "FAIL 12"]);
  const statusOf = (isError?: RegExp) =>
    traceOf(messages, {}, { isError }).episode.steps[0].result?.kind;
  assert.equal(statusOf(), "rows");
  assert.equal(statusOf(/^fail/i), "error");
});
