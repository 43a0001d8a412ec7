/**
 * Reads OpenAI's chat messages with tool calls as a trajectory (docs/audit.md).
 *
 * @module
 */

import type { SqlResult } from "../sandbox/result_set.ts";
import { isBlank, normalizedSql } from "../sandbox/sql_text.ts";
import type { Action, Message, Step } from "../trajectory/episode.ts";
import type { ChatLine, ChatMessage } from "./chat_line.ts";
import { ERROR_PATTERN, replyResult } from "./tool_result.ts";
import { NO_ROWS, NOT_GIVEN, type Trace } from "./trace.ts";

/** How an agent's tools are read; the defaults do for most. */
export interface ChatOptions {
  /** Finds the replies that tell of a failure; {@linkcode ERROR_PATTERN} if not given. */
  readonly isError?: RegExp;
  /** Name of the argument that holds SQL, whatever its text; if not given it is looked for. */
  readonly sqlArgument?: string;
  /** Name of the tool that submits the answer. */
  readonly answerTool?: string;
}

type Assistant = Extract<ChatMessage, { role: "assistant" }>;
type Reply = Extract<ChatMessage, { role: "tool" }>;
type ToolCall = Assistant["tool_calls"][number];

/** A message of the agent with what came before its next one. */
interface Turn {
  /** Place of the message in the line. */
  readonly place: number;
  readonly message: Assistant;
  readonly replies: readonly Reply[];
  readonly isLast: boolean;
}

/** A step with the place of its message, and whether its result is known as text only. */
interface PlacedStep extends Step {
  readonly place: number;
  readonly isText: boolean;
}

/** Arguments whose text is SQL if it begins like it; those of the first row are SQL in any case. */
const SQL_ARGUMENTS = ["sql", "sql_query"];
const OTHER_ARGUMENTS = ["query", "statement", "command", "code", "input"];
const SQL_START =
  /^\s*(?:--[^\n]*\n\s*)*(?:select|with|values|pragma|explain|insert|update|delete|create|drop|alter)\b/i;
const FENCED_SQL = /```sql[ \t]*\r?\n([^]*?)```/gi;
const PROMPT_ROLES = { system: "system", developer: "system", user: "user" } as const;

/**
 * The trajectory that a line of chat messages tells.
 *
 * Each tool call is a step, parallel calls of one message in their order. A message without a call is
 * the answer if it is the last and `final_sql`, or SQL in it, is one; else a step that does nothing.
 *
 * @example A query that is asked twice
 * ```ts
 * import assert from "node:assert/strict";
 * import { CHAT_LINE } from "./chat_line.ts";
 * import { chatTrace } from "./chat.ts";
 *
 * const call = { function: { name: "run_sql", arguments: '{"query": "SELECT 1"}' } };
 * const messages = [
 *   { role: "user", content: "One?" },
 *   { role: "assistant", tool_calls: [call, call] },
 *   { role: "tool", content: "1" },
 *   { role: "tool", content: "1" },
 * ];
 * const { episode, hasRows } = chatTrace(CHAT_LINE.parse({ messages }), 1);
 * assert.deepEqual(episode.steps.map(({ observation }) => observation), ["1", "1"]);
 * assert.equal(hasRows, false);
 * ```
 *
 * @param line Number of the line.
 * @throws {RangeError} If a reply belongs to no call.
 */
export function chatTrace(chat: ChatLine, line: number, options: ChatOptions = {}): Trace {
  const { messages, question_id: question } = chat;
  const id = chat.id ?? `line ${line}`;
  const turns = turnsOf(messages);
  const steps = turns.flatMap((turn) => turnSteps(turn, chat, options));
  const finalSql = finalSqlOf(chat, steps);
  const finalResult = finalSql === null ? null : resultOfRun(finalSql, steps);
  const placed = steps.map((step) => withAnswerResult(step, finalResult));
  return {
    line,
    id,
    group: chat.group ?? question ?? `line ${line}`,
    episode: {
      exampleId: question ?? id,
      databaseId: chat.database ?? "",
      seed: 0,
      policy: "",
      prompt: promptOf(messages),
      steps: placed.map(({ place: _, isText: __, ...step }) => step),
      stopReason: finalSql === null ? "no_prediction" : "answer",
      finalSql,
      finalResult,
      goldSql: chat.gold_sql ?? "",
      goldResult: NOT_GIVEN,
      tokens: null,
      timings: { totalMs: 0, sqlMs: 0 },
    },
    messages: placed.map(({ place }) => place),
    hasRows: steps.every(({ isText }) => !isText),
    hasGold: false,
    outcome: chat.outcome ?? null,
  };
}

function promptOf(messages: readonly ChatMessage[]): Message[] {
  const end = messages.findIndex(({ role }) => role === "assistant");
  return messages.slice(0, end < 0 ? undefined : end).flatMap((message) =>
    message.role === "assistant" || message.role === "tool"
      ? []
      : { role: PROMPT_ROLES[message.role], content: message.content }
  );
}

function turnsOf(messages: readonly ChatMessage[]): Turn[] {
  const starts = messages.flatMap(({ role }, place) => role === "assistant" ? place : []);
  const early = messages.slice(0, starts[0]).findIndex(({ role }) => role === "tool");
  if (early >= 0) {
    throw new RangeError(`a reply must follow its call: message ${early} is before any`);
  }
  return starts.map((place, n) => {
    const after = messages.slice(place + 1, starts[n + 1]);
    const message = messages[place] as Assistant;
    const replies = after.filter((next) => next.role === "tool");
    checkReplies(message.tool_calls, replies, place);
    return { place, message, replies, isLast: n === starts.length - 1 };
  });
}

function checkReplies(calls: readonly ToolCall[], replies: readonly Reply[], place: number): void {
  if (replies.length > calls.length) {
    throw new RangeError(
      `a reply must follow its call: message ${place} has ${calls.length} calls, ${replies.length} replies`,
    );
  }
  for (const { tool_call_id: id } of replies) {
    if (id !== undefined && calls.every((call) => call.id !== id)) {
      throw new RangeError(
        `a reply must follow its call: message ${place} has no call ${JSON.stringify(id)}`,
      );
    }
  }
}

function turnSteps(
  { place, message, replies, isLast }: Turn,
  chat: ChatLine,
  options: ChatOptions,
) {
  const { content, tool_calls: calls } = message;
  if (calls.length === 0) {
    const action = wordsAction(content, isLast ? answerIn(content, chat) : null);
    return [{ place, text: content, action, result: null, observation: null, isText: false }];
  }
  return calls.map((call, n): PlacedStep => {
    // Without ids, replies are in the order of the calls.
    const reply = replies.find(({ tool_call_id: id }) => id !== undefined && id === call.id) ??
      (replies[n]?.tool_call_id === undefined ? replies[n] : undefined);
    // What was said before parallel calls was said of the first.
    const reasoning = n === 0 ? content : "";
    const action = callAction(call, reasoning, options);
    const result = reply && action.kind === "toolCall"
      ? callResult(reply, action.sql, options)
      : null;
    return {
      place,
      text: JSON.stringify(call.function),
      action,
      result,
      observation: reply?.content ?? null,
      isText: reply?.rows === undefined && result?.kind === "rows" && result.rows.length > 0,
    };
  });
}

function callAction(
  { function: called }: ToolCall,
  reasoning: string,
  options: ChatOptions,
): Action {
  const { name, arguments: given } = called;
  const values = typeof given === "string" ? parsedObject(given) : given;
  if (values === null) {
    const detail = `the arguments of ${name} are no JSON object`;
    return { kind: "violation", violation: "bad_json", detail };
  }
  const sql = sqlIn(values, options);
  if (name === options.answerTool && sql !== "") return { kind: "answer", reasoning, sql };
  return { kind: "toolCall", reasoning, tool: name, arguments: values, sql };
}

/** The SQL of a call; empty where its tool takes none. */
function sqlIn(values: Readonly<Record<string, unknown>>, { sqlArgument }: ChatOptions): string {
  const texts = (names: readonly string[]) =>
    names.map((name) => values[name]).filter((value) => typeof value === "string");
  if (sqlArgument) return texts([sqlArgument])[0] ?? "";
  const found = texts(SQL_ARGUMENTS)[0] ??
    texts(OTHER_ARGUMENTS).find((text) => SQL_START.test(text));
  return found ?? "";
}

function callResult(reply: Reply, sql: string, { isError }: ChatOptions): SqlResult {
  const result = replyResult(reply, isError ?? DEFAULT_ERROR);
  // Other tools say "ok" to anything, so that equal replies of theirs mean nothing.
  return sql === "" && result.kind === "rows" ? NO_ROWS : result;
}

const DEFAULT_ERROR = new RegExp(ERROR_PATTERN, "i");

function wordsAction(content: string, sql: string | null): Action {
  if (sql !== null) return { kind: "answer", reasoning: content, sql };
  return { kind: "violation", violation: "no_action", detail: "neither a call nor an answer" };
}

/** The answer of the last message: as given, else its last ```sql block, else all of it if it is SQL. */
function answerIn(content: string, { final_sql: given }: ChatLine): string | null {
  if (given !== undefined) return given === null || isBlank(given) ? null : given;
  const fenced = [...content.matchAll(FENCED_SQL)].at(-1)?.[1].trim();
  const sql = fenced ?? (SQL_START.test(content) ? content.trim() : "");
  return isBlank(sql) ? null : sql;
}

function finalSqlOf({ final_sql: given }: ChatLine, steps: readonly Step[]): string | null {
  if (given !== undefined) return given === null || isBlank(given) ? null : given;
  const answer = steps.findLast(({ action }) => action.kind === "answer");
  return answer?.action.kind === "answer" ? answer.action.sql : null;
}

/** The result of the call that ran this SQL, which is the answer's as well. */
function resultOfRun(sql: string, steps: readonly Step[]): SqlResult | null {
  const form = normalizedSql(sql);
  const run = steps.find(({ action }) =>
    action.kind === "toolCall" && normalizedSql(action.sql) === form
  );
  return run?.result ?? null;
}

/** An answer that no call ran is not known to fail. */
function withAnswerResult(step: PlacedStep, finalResult: SqlResult | null): PlacedStep {
  return step.action.kind === "answer" ? { ...step, result: finalResult ?? NO_ROWS } : step;
}

function parsedObject(text: string): Record<string, unknown> | null {
  try {
    // Some agents leave the arguments of a call without any empty.
    const value = text.trim() === "" ? {} : JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? value : null;
  } catch {
    return null;
  }
}
