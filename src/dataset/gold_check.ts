/**
 * Runs every gold SQL of a data set, to know before training or evaluating which questions cannot be
 * answered right, or only by chance: BIRD has gold SQL that fails, times out, gives no rows, or picks
 * one of several rows that are equally right.
 *
 * @module
 */

import { readsClock } from "../sandbox/pinned_now.ts";
import type { SqlLimits, SqlPool } from "../sandbox/pool.ts";
import type { SqlResult, SqlRows } from "../sandbox/result_set.ts";
import { rowKey, sameRows } from "../sandbox/same_rows.ts";
import type { Dataset } from "./dataset.ts";
import type { Example } from "./example.ts";
import { functionsOf, withShuffledTies } from "./gold_sql.ts";

/** `rows` and `empty` ran; `error` is any other failure than a timeout. */
export type GoldOutcome = "rows" | "empty" | "error" | "timeout";

/** Why an answer may be scored wrong through no fault of its own, with what it says of the gold SQL. */
export const REASONS = {
  error: "does not run",
  timeout: "runs over its deadline",
  too_large: "gives more rows or bytes than can be compared",
  invalid_text: "gives text that is not UTF-8, which the official code refuses",
  empty: "gives no rows",
  random: "calls random() or randomblob()",
  current_time: "depends on the time at which it runs",
  not_repeatable: "gives other rows, or another order, when run again",
  scan_order: "gives other rows when SQLite reads its tables backward",
  tie_at_limit: "cuts rows that tie for its ORDER BY at LIMIT",
  limit_without_order: "takes some of its rows by LIMIT, in no order",
} as const;

/** A name in {@linkcode REASONS}. */
export type Reason = keyof typeof REASONS;

const NAMES = Object.keys(REASONS) as Reason[];
const RANDOM_FUNCTIONS = new Set(["random", "randomblob"]);

/** What one gold SQL did. */
export interface GoldCheck {
  readonly example: Example;
  readonly outcome: GoldOutcome;
  /** Why it failed; empty when it ran. */
  readonly message: string;
  /** Of the first run. */
  readonly elapsedMs: number;
  /** In the order of {@linkcode REASONS}; empty for a sound gold SQL. */
  readonly reasons: readonly Reason[];
  /** The functions that it calls, sorted. */
  readonly functions: readonly string[];
  /** Whether it has a LIMIT at which ties could not be looked for. */
  readonly hasUncheckedTies: boolean;
}

/** How many gold SQL did what. */
export type GoldCounts = Readonly<Record<GoldOutcome | "total" | "found", number>>;

/** What is wrong with a gold SQL, for people: SQLite's message, or what its reasons mean. */
export function detailOf({ message, reasons }: GoldCheck): string {
  return message || reasons.map((reason) => REASONS[reason]).join("; ");
}

/** The checks of a data set, in the order of its examples. */
export interface GoldReport {
  readonly checks: readonly GoldCheck[];
  /** `found`: gold SQL with a reason against it. */
  readonly counts: GoldCounts;
  readonly byDatabase: ReadonlyMap<string, GoldCounts>;
  readonly byReason: ReadonlyMap<Reason, number>;
  /** How many gold SQL call a function, the most frequent first. */
  readonly byFunction: ReadonlyMap<string, number>;
}

/** How gold SQL is run. */
export interface GoldCheckOptions {
  /** Of each run; the deadline is BIRD's 30 s when not given. */
  readonly limits?: SqlLimits;
  /** Gold SQL checked at a time, each by one statement after the other; 8 when not given. */
  readonly concurrency?: number;
  /** Called after each gold SQL. */
  readonly onChecked?: () => void;
}

/**
 * Runs with shuffled ties before there are taken to be none: two rows that tie at LIMIT 1 pass
 * unnoticed once in 2^16.
 */
const SHUFFLES = 16;

/** Time of one gold SQL's shuffles together, BIRD's deadline of one query. */
const MAX_SHUFFLES_MS = 30_000;

/** Checks the gold SQL of every example; what it finds of ties is a matter of chance (see `SHUFFLES`). */
export async function checkGold(
  { examples }: Pick<Dataset, "examples">,
  pool: Pick<SqlPool, "execute">,
  { limits = {}, concurrency = 8, onChecked = () => {} }: GoldCheckOptions = {},
): Promise<GoldReport> {
  const checks: GoldCheck[] = [];
  const rest = examples.entries();
  await Promise.all(Array.from({ length: concurrency }, async () => {
    for (const [index, example] of rest) {
      const run = (sql: string, changes: SqlLimits = {}) =>
        pool.execute(example.database.path, sql, { ...limits, ...changes });
      checks[index] = await checked(example, run);
      onChecked();
    }
  }));
  return {
    checks,
    counts: goldCounts(checks),
    byDatabase: new Map(
      [...Map.groupBy(checks, ({ example }) => example.database.id)]
        .map(([id, group]) => [id, goldCounts(group)]),
    ),
    byReason: tally(checks.flatMap(({ reasons }) => reasons)),
    byFunction: tally(checks.flatMap(({ functions }) => functions)),
  };
}

type Run = (sql: string, changes?: SqlLimits) => Promise<SqlResult>;

async function checked(example: Example, run: Run): Promise<GoldCheck> {
  const { goldSql } = example;
  const functions = functionsOf(goldSql);
  const first = await run(goldSql);
  const { found, hasUncheckedTies } = await changesOf(goldSql, first, run);
  const reasons = new Set<Reason>([...reasonsOfResult(first), ...found]);
  if (functions.some((name) => RANDOM_FUNCTIONS.has(name))) reasons.add("random");
  if (readsClock(goldSql)) reasons.add("current_time");
  return {
    example,
    ...outcomeOf(first),
    elapsedMs: first.elapsedMs,
    reasons: NAMES.filter((reason) => reasons.has(reason)),
    functions,
    hasUncheckedTies,
  };
}

function outcomeOf(result: SqlResult): Pick<GoldCheck, "outcome" | "message"> {
  if (result.kind === "rows") {
    return { outcome: result.rows.length > 0 ? "rows" : "empty", message: "" };
  }
  const { kind, message } = result;
  return { outcome: kind === "timeout" ? "timeout" : "error", message };
}

function reasonsOfResult(result: SqlResult): Reason[] {
  if (result.kind === "timeout" || result.kind === "too_large") return [result.kind];
  if (result.kind !== "rows") return ["error"];
  return [
    ...(result.rows.length === 0 ? ["empty"] as const : []),
    ...(result.truncated ? ["too_large"] as const : []),
    ...(result.invalidText ? ["invalid_text"] as const : []),
  ];
}

/** What running the SQL again, on tables read backward, and with ties shuffled makes of its rows. */
async function changesOf(
  sql: string,
  first: SqlResult,
  run: Run,
): Promise<{ found: Reason[]; hasUncheckedTies: boolean }> {
  if (first.kind !== "rows" || first.truncated) return { found: [], hasUncheckedTies: false };
  // Where rows change by themselves, no other change says anything.
  if (!hasRowsInOrder(await run(sql), first)) {
    return { found: ["not_repeatable"], hasUncheckedTies: false };
  }
  const backward = await run(sql, { reverseUnordered: true });
  const tie = await cutTie(sql, first, run);
  return {
    found: [
      ...(hasRows(backward, first) ? [] : ["scan_order"] as const),
      ...(tie === null || tie === "unchecked" ? [] : [tie]),
    ],
    hasUncheckedTies: tie === "unchecked",
  };
}

/** Whether rows that tie at LIMIT change the result, tried at random until they do. */
async function cutTie(
  sql: string,
  first: SqlRows,
  run: Run,
): Promise<"tie_at_limit" | "limit_without_order" | "unchecked" | null> {
  const shuffled = withShuffledTies(sql);
  if (shuffled === null) return null;
  let spentMs = 0;
  for (let shuffle = 0; shuffle < SHUFFLES; shuffle++) {
    const result = await run(shuffled.sql);
    spentMs += result.elapsedMs;
    // ORDER BY takes no further term, or the SQL is too slow to run again and again.
    if (result.kind !== "rows" || spentMs > MAX_SHUFFLES_MS) return "unchecked";
    if (!hasRows(result, first)) return shuffled.isOrdered ? "tie_at_limit" : "limit_without_order";
  }
  return null;
}

function hasRowsInOrder(result: SqlResult, first: SqlRows): boolean {
  return result.kind === "rows" && result.rows.length === first.rows.length &&
    result.rows.every((row, index) => rowKey(row) === rowKey(first.rows[index]));
}

/** Unlike EX, text that is not UTF-8 is the same as itself here: it is a finding of its own. */
function hasRows(result: SqlResult, first: SqlRows): boolean {
  return result.kind === "rows" && sameRows(result.rows, first.rows);
}

function goldCounts(checks: readonly GoldCheck[]): GoldCounts {
  const count = (outcome: GoldOutcome) =>
    checks.filter((check) => check.outcome === outcome).length;
  return {
    total: checks.length,
    rows: count("rows"),
    empty: count("empty"),
    error: count("error"),
    timeout: count("timeout"),
    found: checks.filter(({ reasons }) => reasons.length > 0).length,
  };
}

/** How often each occurs, the most frequent first. */
function tally<T extends string>(names: readonly T[]): Map<T, number> {
  const counts = [...Map.groupBy(names, (name) => name)]
    .map(([name, group]) => [name, group.length] as const);
  return new Map(counts.sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1)));
}
