import assert from "finestep/assert";
import fc from "fast-check";
import { actionText, parseAction } from "../../src/env/parse.ts";
import { SQL_PROTOCOL } from "../../src/tasks/sql_prompt.ts";
import type { Action, Violation } from "../../src/trajectory/episode.ts";

const REASONING = "<reasoning>Look first.</reasoning>";
const CALL = '{"name": "execute_sql", "arguments": {"sql": "SELECT 1"}}';
const TOOL_CALL = `<tool_call>\n${CALL}\n</tool_call>`;
const ANSWER = "<answer>\n```sql\nSELECT 1\n```\n</answer>";

const toolCall = (sql: string, reasoning = "Look first.") => ({
  kind: "toolCall" as const,
  reasoning,
  tool: "execute_sql",
  arguments: { sql },
  sql,
});
const answer = (sql: string, reasoning = "Look first."): Action => ({
  kind: "answer",
  reasoning,
  sql,
});

const GOOD: Record<string, [string, Action]> = {
  "a tool call": [`${REASONING}\n${TOOL_CALL}`, toolCall("SELECT 1")],
  "an answer": [`${REASONING}\n${ANSWER}`, answer("SELECT 1")],
  "blanks around the blocks": [`\n ${REASONING}\n\n\t${TOOL_CALL} \n`, toolCall("SELECT 1")],
  "no blanks between the blocks": [`${REASONING}${ANSWER}`, answer("SELECT 1")],
  "Windows line ends": [`${REASONING}\r\n${ANSWER.replaceAll("\n", "\r\n")}`, answer("SELECT 1")],
  "empty reasoning": [`<reasoning></reasoning>${ANSWER}`, answer("SELECT 1", "")],
  "reasoning on lines of its own": [
    `<reasoning>\nOne.\nTwo.\n</reasoning>\n${TOOL_CALL}`,
    toolCall("SELECT 1", "One.\nTwo."),
  ],
  "less-than signs and other tags in reasoning and SQL": [
    `<reasoning>a < b, <b>bold</b></reasoning>\n<answer>\n\`\`\`sql\nSELECT a<b\n\`\`\`\n</answer>`,
    answer("SELECT a<b", "a < b, <b>bold</b>"),
  ],
  "JSON on one line with its keys in any order": [
    `${REASONING}<tool_call>{"arguments":{"sql":"SELECT \\"a\\"\\n"},"name":"execute_sql"}</tool_call>`,
    toolCall('SELECT "a"\n'),
  ],
  "a tag written with an escape in JSON": [
    `${REASONING}<tool_call>${CALL.replace("SELECT 1", "SELECT '\\u003canswer>'")}</tool_call>`,
    toolCall("SELECT '<answer>'"),
  ],
  "SQL on several lines": [
    `${REASONING}\n<answer>\`\`\`sql\nSELECT a\nFROM t;\n\n\`\`\`</answer>`,
    answer("SELECT a\nFROM t;"),
  ],
};

for (const [what, [text, action]] of Object.entries(GOOD)) {
  Deno.test(`parseAction() reads ${what}`, () =>
    assert.deepEqual(parseAction(text, SQL_PROTOCOL), action));
}

const calling = (json: string) => `${REASONING}\n<tool_call>${json}</tool_call>`;
const answering = (content: string) => `${REASONING}\n<answer>${content}</answer>`;

const BAD: readonly (readonly [Violation, string, string])[] = [
  ["no_reasoning", "an empty message", ""],
  ["no_reasoning", "plain text", "The answer is 42."],
  ["no_reasoning", "a tool call alone", TOOL_CALL],
  ["no_reasoning", "an answer alone", ANSWER],
  ["no_reasoning", "reasoning that is not closed", `<reasoning>Look.\n${TOOL_CALL}`],
  ["no_reasoning", "reasoning after the action", `${TOOL_CALL}\n${REASONING}`],
  ["no_reasoning", "another name for reasoning", `<think>Look.</think>\n${TOOL_CALL}`],
  ["no_reasoning", "reasoning in capitals", `<REASONING>Look.</REASONING>\n${TOOL_CALL}`],
  ["no_action", "reasoning alone", REASONING],
  ["no_action", "SQL without its tag", `${REASONING}\n\`\`\`sql\nSELECT 1\n\`\`\``],
  ["no_action", "a tool call that is not closed", `${REASONING}\n<tool_call>${CALL}`],
  ["no_action", "an answer that is not closed", `${REASONING}\n<answer>\n\`\`\`sql\nSELECT 1`],
  ["no_action", "a closing tag alone", `${REASONING}\n${CALL}</tool_call>`],
  ["mixed_modes", "both modes", `${REASONING}\n${TOOL_CALL}\n${ANSWER}`],
  ["mixed_modes", "both modes without reasoning", `${ANSWER}\n${TOOL_CALL}`],
  ["mixed_modes", "a tool call in an answer", answering(TOOL_CALL)],
  ["several_actions", "two tool calls", `${REASONING}\n${TOOL_CALL}\n${TOOL_CALL}`],
  ["several_actions", "two answers", `${REASONING}\n${ANSWER}\n${ANSWER}`],
  ["several_actions", "a second tool call that is cut", `${REASONING}${TOOL_CALL}<tool_call>{`],
  ["text_outside_tags", "text before", `Sure!\n${REASONING}\n${TOOL_CALL}`],
  ["text_outside_tags", "text between", `${REASONING}\nNow:\n${TOOL_CALL}`],
  ["text_outside_tags", "text after", `${REASONING}\n${TOOL_CALL}\nDone.`],
  ["text_outside_tags", "a second reasoning block", `${REASONING}\n${REASONING}\n${ANSWER}`],
  ["text_outside_tags", "reasoning around it all", `<reasoning>${TOOL_CALL}</reasoning>`],
  ["text_outside_tags", "a second closing tag", `${REASONING}\n${TOOL_CALL}</tool_call>`],
  ["bad_json", "no JSON", calling("SELECT 1")],
  ["bad_json", "an empty tool call", calling("")],
  ["bad_json", "single quotes", calling(CALL.replaceAll('"', "'"))],
  ["bad_json", "a line break in a JSON text", calling(CALL.replace("SELECT ", "SELECT\n"))],
  ["bad_json", "two JSON values", calling(`${CALL}\n${CALL}`)],
  ["bad_json", "a list of calls", calling(`[${CALL}]`)],
  ["bad_json", "null", calling("null")],
  ["bad_json", "no arguments", calling('{"name": "execute_sql"}')],
  ["bad_json", "no name", calling('{"arguments": {"sql": "SELECT 1"}}')],
  ["bad_json", "a further key", calling(CALL.replace("{", '{"id": 1, '))],
  ["unknown_tool", "an unknown tool", calling(CALL.replace("execute_sql", "drop_table"))],
  ["unknown_tool", "a tool's name in capitals", calling(CALL.replace("execute", "Execute"))],
  ["unknown_tool", "a name that is no text", calling(CALL.replace('"execute_sql"', "1"))],
  ["bad_arguments", "arguments as a text", calling('{"name": "execute_sql", "arguments": "{}"}')],
  ["bad_arguments", "arguments as a list", calling('{"name": "execute_sql", "arguments": ["a"]}')],
  ["bad_arguments", "no SQL", calling('{"name": "execute_sql", "arguments": {}}')],
  ["bad_arguments", "SQL that is no text", calling(CALL.replace('"SELECT 1"', "1"))],
  ["bad_arguments", "blank SQL", calling(CALL.replace("SELECT 1", " \\n"))],
  ["bad_arguments", "a further argument", calling(CALL.replace('"sql"', '"limit": "1", "sql"'))],
  ["bad_arguments", "a key of every object", calling(CALL.replace('"sql"', '"toString"'))],
  ["bad_answer", "an answer without a fence", answering("SELECT 1")],
  ["bad_answer", "an empty answer", answering("")],
  ["bad_answer", "an answer that is a fence without a language", answering("```\nSELECT 1\n```")],
  ["bad_answer", "another language", answering("```python\nprint(1)\n```")],
  ["bad_answer", "a fence that is not closed", answering("```sql\nSELECT 1\n")],
  ["bad_answer", "a fence on one line", answering("```sql SELECT 1```")],
  ["bad_answer", "two fences", answering("```sql\nSELECT 1\n```\n```sql\nSELECT 2\n```")],
  ["bad_answer", "text beside the fence", answering("Here:\n```sql\nSELECT 1\n```")],
  ["bad_answer", "blank SQL", answering("```sql\n \n```")],
];

for (const [kind, what, text] of BAD) {
  Deno.test(`parseAction() refuses ${what} as ${kind}`, () => {
    const action = parseAction(text, SQL_PROTOCOL);
    assert.equal(action.kind === "violation" && action.violation, kind);
    assert.ok(action.kind === "violation" && /^.{5,80}$/.test(action.detail));
  });
}

Deno.test("parseAction() reads a long message that never closes its tag in linear time", () => {
  const text = `<reasoning>${"<reasoning ".repeat(100_000)}`;
  const startedMs = performance.now();
  assert.equal(parseAction(text, SQL_PROTOCOL).kind, "violation");
  assert.ok(performance.now() - startedMs < 1000);
});

Deno.test("actionText() writes the canonical messages", () => {
  assert.equal(
    actionText({
      kind: "toolCall",
      reasoning: "R",
      tool: "execute_sql",
      arguments: { sql: 'a"b' },
      sql: 'a"b',
    }, "sql"),
    '<reasoning>R</reasoning>\n<tool_call>\n{"name": "execute_sql", "arguments": {"sql": "a\\"b"}}\n</tool_call>',
  );
  assert.equal(
    actionText({ kind: "answer", reasoning: "R", sql: "SELECT 1" }, "sql"),
    "<reasoning>R</reasoning>\n<answer>\n```sql\nSELECT 1\n```\n</answer>",
  );
});

// Texts that are near the format's own marks, where a reader or writer would go wrong.
const fragment = fc.oneof(
  fc.constantFrom(
    "<reasoning>",
    "</answer>",
    "<tool_call>",
    "```",
    "`",
    "<",
    "\n",
    '"',
    "\\",
    "{ ",
    " }",
    ", ",
  ),
  fc.string({ unit: "grapheme" }),
);
const text = fc.array(fragment, { maxLength: 6 }).map((parts) => parts.join(""));
const isFree = (text: string) => !/<\/?(reasoning|tool_call|answer)>/.test(text);
const reasoning = text.map((text) => text.trim()).filter(isFree);

Deno.test("parseAction() gives back the tool call that actionText() wrote", () => {
  const sql = text.filter((sql) => sql.trim() !== "");
  fc.assert(fc.property(sql, reasoning, (sql, reasoning) => {
    const action = toolCall(sql, reasoning);
    assert.deepEqual(
      parseAction(actionText(action, "sql"), SQL_PROTOCOL),
      action,
    );
  }));
});

Deno.test("parseAction() gives back the answer that actionText() wrote, or it was refused", () => {
  fc.assert(fc.property(text, reasoning, (sql, reasoning) => {
    const action = { kind: "answer", reasoning, sql } as const;
    const isWritable = isFree(sql) && sql === sql.trim() && sql !== "" && !sql.includes("```");
    if (isWritable) assert.deepEqual(parseAction(actionText(action, "sql"), SQL_PROTOCOL), action);
    else assert.throws(() => actionText(action, "sql"), RangeError);
  }));
});

Deno.test("actionText() refuses reasoning with a tag in it", () => {
  assert.throws(
    () => actionText({ kind: "answer", reasoning: "</reasoning>", sql: "SELECT 1" }, "sql"),
    { name: "RangeError", message: /^Cannot write reasoning as .*: "<\/reasoning>"$/ },
  );
});

Deno.test("parseAction() wants an answer in the language of the task", () => {
  const protocol = { ...SQL_PROTOCOL, answerLanguage: "number" };
  const action = { kind: "answer", reasoning: "R", sql: "7" } as const;
  assert.deepEqual(parseAction(actionText(action, "number"), protocol), action);
  assert.deepEqual(parseAction(actionText(action, "sql"), protocol), {
    kind: "violation",
    violation: "bad_answer",
    detail: "<answer> must hold one ```number block and nothing else",
  });
});
