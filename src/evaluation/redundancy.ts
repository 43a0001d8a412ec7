/**
 * Redundant tool calls: which calls of an episode could have been left out, by six classes, and the
 * redundant tool-call rate (RTR) over episodes.
 *
 * The classes need the episode alone; `R6Oracle` needs the gold result as well. Read RTR beside EX
 * only: a policy that stops calling tools has no redundant ones.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { failureKey } from "../sandbox/failure_key.ts";
import type { SqlResult, SqlRows } from "../sandbox/result_set.ts";
import { cellKey, rowKey } from "../sandbox/same_rows.ts";
import { normalizedSql } from "../sandbox/sql_text.ts";
import type { Action, Episode } from "../trajectory/episode.ts";
import { isCorrect } from "./execution_accuracy.ts";
import { type LookUp, schemaLookUp, tablesInPrompt } from "./schema_look_up.ts";

/** The classes that make a call redundant, by priority: a call counts in the first that holds. */
export const REDUNDANCY_CATEGORIES = ["R1", "R2", "R3", "R4", "R5a", "R6"] as const;

/** Classes that are reported beside the rate and make no call redundant. */
const REPORTED_CLASSES = ["R4Lenient", "R5b", "R6Oracle"] as const;

/** A class that counts in RTR. */
export type RedundancyCategory = typeof REDUNDANCY_CATEGORIES[number];

/**
 * - `R1` exact duplicate: the same tool with the same arguments, in any order of keys, as an earlier call.
 * - `R2` same SQL: not R1, and the same normalized SQL as an earlier call.
 * - `R3` repeated failure: a failure, timeouts apart, with the kind, error class and offending
 *   identifier of an earlier one. Where SQLite's message names no table, column or function (a syntax
 *   error names only a token), the normalized SQL stands for the identifier.
 * - `R4` no new information: rows, at least one, that are the same multiset as an earlier call's,
 *   whatever the headers. A truncated result equals only a truncated one with the same rows.
 *   An empty result is never R4: it says something the first time, and the second is R1 or R2.
 * - `R4Lenient`: rows, at least one, whose every fact (header, cell) was in an earlier result. Reported
 *   only, because a query that filters known rows shows old facts and yet something new. Facts are
 *   those of the recorded rows; the prompt's schema counts in R5b instead.
 * - `R5a` schema look-up of tables whose columns an earlier look-up has shown. Look-ups are `PRAGMA
 *   table_info`, `sqlite_master`, and `SELECT * FROM t LIMIT k` without any further clause; one that
 *   failed or shows no table is none. A list of names is a look-up of those tables, but shows no columns.
 * - `R5b` a look-up, not by `SELECT *`, of tables that the prompt shows. Reported only.
 * - `R6` after determination: after the first call with the final answer's normalized SQL or with its
 *   rows, at least one (a guess that finds nothing determines no answer). The first execution of the
 *   final SQL itself is validation, not redundant. Without an answer nothing is determined.
 * - `R6Oracle`: the same after the first call that is right by EX, in an episode whose answer is right.
 *   Reported only.
 */
export type RedundancyClass = RedundancyCategory | typeof REPORTED_CLASSES[number];

/** One tool call with the classes that hold for it. */
export interface CallRedundancy {
  /** Place among the episode's tool calls, from 0. */
  readonly index: number;
  /** Place of its step in the episode, from 0. */
  readonly step: number;
  readonly classes: readonly RedundancyClass[];
  /** The first category that holds; null for a call that is not redundant. */
  readonly category: RedundancyCategory | null;
  /** Whether the call gave no rows because it failed or timed out. */
  readonly hasFailed: boolean;
}

/** The tool calls of one episode. */
export interface EpisodeRedundancy {
  readonly exampleId: string;
  readonly calls: readonly CallRedundancy[];
  /** Index of the call that determined the answer (j* of R6), from 0; null where none did. */
  readonly determinedAt: number | null;
  /** Calls after the one that determined the answer; null where none did. */
  readonly excessSteps: number | null;
}

/** Redundancy over episodes. Rates are 0 where there is nothing to divide by. */
export interface RedundancySummary {
  readonly episodeCount: number;
  readonly callCount: number;
  readonly redundantCount: number;
  /** RTR: redundant calls over calls, of all episodes together (micro). */
  readonly rtr: number;
  /** Mean of the episodes' own rates; an episode without calls counts 0 (macro). */
  readonly macroRtr: number;
  /** Mean over episodes, an episode being one attempt at a question. */
  readonly callsPerQuestion: number;
  /** Mean over episodes. */
  readonly redundantPerQuestion: number;
  /** Calls that failed or timed out, over calls. */
  readonly failingCallRate: number;
  /** Calls of each category over calls; adds up to `rtr`. */
  readonly categoryRates: Readonly<Record<RedundancyCategory, number>>;
  /** Calls for which each class holds over calls; a call counts in every class that holds. */
  readonly classRates: Readonly<Record<RedundancyClass, number>>;
  /** Mean of `excessSteps` over the episodes in which a call determined the answer. */
  readonly excessSteps: number;
  /** Episodes in which a call determined the answer. */
  readonly determinedCount: number;
}

/**
 * The tool calls of an episode with their redundancy classes. The answer itself is no tool call, nor
 * is a message that violates the format.
 *
 * @example A query that is run twice and then given as the answer
 * ```ts
 * import assert from "node:assert/strict";
 * import type { Episode } from "../trajectory/episode.ts";
 * import { redundancyOf } from "./redundancy.ts";
 *
 * const sql = "SELECT 1";
 * const result = { kind: "rows", columns: ["1"], rows: [[1n]], truncated: false, elapsedMs: 0 } as const;
 * const call = {
 *   text: "",
 *   action: { kind: "toolCall", reasoning: "", tool: "execute_sql", arguments: { sql }, sql },
 *   result,
 *   observation: "1",
 * } as const;
 * const episode: Episode = {
 *   exampleId: "0", databaseId: "shop", seed: 0, policy: "scripted", prompt: [],
 *   steps: [call, call], stopReason: "answer", finalSql: sql, finalResult: result,
 *   goldSql: sql, goldResult: result, tokens: null, timings: { totalMs: 0, sqlMs: 0 },
 * };
 * const { calls } = redundancyOf(episode);
 * assert.deepEqual(calls.map(({ category }) => category), [null, "R1"]);
 * assert.deepEqual(calls[1].classes, ["R1", "R4", "R6", "R4Lenient", "R6Oracle"]);
 * ```
 */
export function redundancyOf(episode: Episode): EpisodeRedundancy {
  const calls = toolCalls(episode);
  // A prediction file has no calls, and its answers may be long.
  if (calls.length === 0) {
    return { exampleId: episode.exampleId, calls: [], determinedAt: null, excessSteps: null };
  }
  const determinedAt = firstDetermining(calls, episode);
  const holding = classCalls(calls, episode, determinedAt);
  return {
    exampleId: episode.exampleId,
    calls: calls.map(({ step, result }, index) => ({
      index,
      step,
      classes: ALL_CLASSES.filter((name) => holding[name](index)),
      category: firstCategory(holding, index),
      hasFailed: result !== null && result.kind !== "rows",
    })),
    determinedAt,
    excessSteps: determinedAt === null ? null : calls.length - 1 - determinedAt,
  };
}

/**
 * The category of each step of an episode; null where it is no redundant call. As in
 * {@linkcode redundancyOf}, without the classes that look at each cell of each result.
 *
 * @returns One for each step, shape (S,).
 */
export function stepCategories(episode: Episode): (RedundancyCategory | null)[] {
  const calls = toolCalls(episode);
  const holding = classCalls(calls, episode, firstDetermining(calls, episode));
  const categories: (RedundancyCategory | null)[] = episode.steps.map(() => null);
  for (const [index, { step }] of calls.entries()) categories[step] = firstCategory(holding, index);
  return categories;
}

/** Sums redundancy up over episodes. */
export function redundancyRate(
  episodes: readonly Pick<EpisodeRedundancy, "calls" | "excessSteps">[],
): RedundancySummary {
  const calls = episodes.flatMap((episode) => episode.calls);
  const redundantCount = calls.filter(isRedundant).length;
  const determined = episodes.flatMap(({ excessSteps }) => excessSteps ?? []);
  return {
    episodeCount: episodes.length,
    callCount: calls.length,
    redundantCount,
    rtr: ratio(redundantCount, calls.length),
    macroRtr: mean(episodes.map((episode) => share(episode.calls, isRedundant))),
    callsPerQuestion: ratio(calls.length, episodes.length),
    redundantPerQuestion: ratio(redundantCount, episodes.length),
    failingCallRate: share(calls, ({ hasFailed }) => hasFailed),
    categoryRates: byName(
      REDUNDANCY_CATEGORIES,
      (name) => share(calls, ({ category }) => category === name),
    ),
    classRates: byName(
      ALL_CLASSES,
      (name) => share(calls, ({ classes }) => classes.includes(name)),
    ),
    excessSteps: mean(determined),
    determinedCount: determined.length,
  };
}

/** All classes, the categories first. */
const ALL_CLASSES: readonly RedundancyClass[] = [...REDUNDANCY_CATEGORIES, ...REPORTED_CLASSES];

type Holding = Record<RedundancyClass, (index: number) => boolean>;

function firstCategory(holding: Holding, index: number): RedundancyCategory | null {
  return REDUNDANCY_CATEGORIES.find((name) => holding[name](index)) ?? null;
}

/** A tool call with everything that calls are compared by. */
interface Call {
  readonly step: number;
  /** Tool and arguments. */
  readonly duplicateKey: string;
  /** N(q); empty where the tool takes no SQL. */
  readonly sql: string;
  readonly result: SqlResult | null;
  /** Kind and subject of the failure; null where the call did not fail, or timed out. */
  readonly failureKey: string | null;
  /** What the call gave; null where it gave no rows. */
  readonly rows: SqlRows | null;
  readonly lookUp: LookUp | null;
}

function toolCalls({ steps }: Episode): Call[] {
  return steps.flatMap(({ action, result }, step) =>
    action.kind === "toolCall" ? [toolCall(action, result, step)] : []
  );
}

function toolCall(
  action: Extract<Action, { kind: "toolCall" }>,
  result: SqlResult | null,
  step: number,
): Call {
  const sql = normalizedSql(action.sql);
  const rows = result?.kind === "rows" ? result : null;
  return {
    step,
    duplicateKey: canonicalJson([action.tool, action.arguments]),
    sql,
    result,
    failureKey: result && result.kind !== "rows" ? failureKey(result, sql) : null,
    rows,
    lookUp: rows && schemaLookUp(sql, rows),
  };
}

/** For each class, whether it holds for the call at an index. */
function classCalls(
  calls: readonly Call[],
  episode: Episode,
  determinedAt: number | null,
): Holding {
  const isRepeated = (index: number, key: (call: Call) => string | null) =>
    key(calls[index]) !== null &&
    calls.slice(0, index).some((earlier) => key(earlier) === key(calls[index]));
  const isDuplicate = (index: number) => isRepeated(index, ({ duplicateKey }) => duplicateKey);
  const solvedAt = once(() => firstSolving(calls, episode));
  const validatedAt = firstExecution(calls, episode.finalSql);
  const inPrompt = tablesInPrompt(episode.prompt);
  const hasOldFactsOnly = once(() => oldFactsOnly(calls));
  const isAfter = (index: number, start: number | null) =>
    start !== null && index > start && index !== validatedAt;
  return {
    R1: isDuplicate,
    R2: (index) => !isDuplicate(index) && isRepeated(index, ({ sql }) => sql || null),
    R3: (index) => isRepeated(index, (call) => call.failureKey),
    R4: (index) =>
      calls.slice(0, index).some(({ rows }) => isSameMultiset(rows, calls[index].rows)),
    R5a: (index) => isKnownTo(calls[index].lookUp, shownBefore(calls, index)),
    R6: (index) => isAfter(index, determinedAt),
    R4Lenient: (index) => hasOldFactsOnly()[index],
    R5b: (index) =>
      calls[index].lookUp?.isSample === false &&
      isKnownTo(calls[index].lookUp, inPrompt),
    R6Oracle: (index) => isAfter(index, solvedAt()),
  };
}

/** Finds a value when it is first asked for. */
function once<T>(find: () => T): () => T {
  let found: { readonly value: T } | null = null;
  return () => (found ??= { value: find() }).value;
}

function firstDetermining(
  calls: readonly Call[],
  { finalSql, finalResult }: Episode,
): number | null {
  if (finalSql === null) return null;
  const sql = normalizedSql(finalSql);
  const rows = finalResult?.kind === "rows" ? finalResult : null;
  return firstIndex(calls, (call) => call.sql === sql || isSameMultiset(call.rows, rows));
}

function firstSolving(calls: readonly Call[], episode: Episode): number | null {
  if (!isCorrect(episode.finalResult, episode.goldResult)) return null;
  return firstIndex(calls, ({ result }) => isCorrect(result, episode.goldResult));
}

function firstExecution(calls: readonly Call[], finalSql: string | null): number | null {
  if (finalSql === null) return null;
  const sql = normalizedSql(finalSql);
  return firstIndex(calls, (call) => call.sql === sql);
}

function firstIndex(calls: readonly Call[], holds: (call: Call) => boolean): number | null {
  const index = calls.findIndex(holds);
  return index < 0 ? null : index;
}

/** JSON with the keys of objects in order. */
function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, part) => {
    if (typeof part !== "object" || part === null || Array.isArray(part)) return part;
    return Object.fromEntries(Object.entries(part).sort(([a], [b]) => a < b ? -1 : 1));
  });
}

/** Whether two results have the same rows, at least one, as often each; both cut off or neither. */
function isSameMultiset(a: SqlRows | null, b: SqlRows | null): boolean {
  if (a === null || b === null) return false;
  const { count, shape } = knownOf(a);
  return count > 0 && shape === knownOf(b).shape && (a === b || rowsKey(a) === rowsKey(b));
}

/** What is known of a result's rows. */
interface RowsKnown {
  readonly count: number;
  readonly shape: string;
  key?: string;
}

// A served episode is looked at after each step, and its results may be large.
const ROWS_KNOWN = new WeakMap<SqlRows, RowsKnown>();

function knownOf(result: SqlRows): RowsKnown {
  let known = ROWS_KNOWN.get(result);
  if (known === undefined) {
    const { columns, rows: { length: count }, truncated } = result;
    known = { count, shape: `${columns.length} ${count} ${truncated}` };
    ROWS_KNOWN.set(result, known);
  }
  return known;
}

function rowsKey(result: SqlRows): string {
  return knownOf(result).key ??= hashOf(result.rows.map(rowKey).sort());
}

function hashOf(texts: readonly string[]): string {
  const hash = createHash("sha256");
  for (const text of texts) hash.update(`${text.length}:${text}`);
  return hash.digest("base64");
}

/** For each call, whether it gave facts (a cell under its header), all of which earlier calls gave. */
function oldFactsOnly(calls: readonly Call[]): boolean[] {
  const known = new Map<string, Set<string>>();
  return calls.map(({ rows: result }) => {
    if (result === null) return false;
    let hasFacts = false;
    let hasNew = false;
    for (const [c, column] of result.columns.entries()) {
      const header = column.toLowerCase();
      const cells = known.get(header) ?? new Set();
      known.set(header, cells);
      for (const row of result.rows) {
        const key = cellKey(row[c]);
        hasFacts = true;
        hasNew ||= !cells.has(key);
        cells.add(key);
      }
    }
    return hasFacts && !hasNew;
  });
}

function shownBefore(calls: readonly Call[], index: number): Set<string> {
  return new Set(calls.slice(0, index).flatMap(({ lookUp }) => lookUp?.columnsOf ?? []));
}

function isKnownTo(lookUp: LookUp | null, shown: ReadonlySet<string>): boolean {
  return lookUp !== null && lookUp.tables.every((table) => shown.has(table));
}

/** Whether a call counts in RTR. */
export function isRedundant({ category }: CallRedundancy): boolean {
  return category !== null;
}

function share<T>(items: readonly T[], holds: (item: T) => boolean): number {
  return ratio(items.filter(holds).length, items.length);
}

function mean(values: readonly number[]): number {
  return ratio(values.reduce((sum, value) => sum + value, 0), values.length);
}

function ratio(numerator: number, denominator: number): number {
  return denominator === 0 ? 0 : numerator / denominator;
}

function byName<K extends string>(names: readonly K[], valueOf: (name: K) => number) {
  return Object.fromEntries(names.map((name) => [name, valueOf(name)])) as Record<K, number>;
}
