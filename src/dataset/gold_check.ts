/**
 * Runs every gold SQL of a data set once, to know before training or evaluating which questions
 * cannot be answered right: BIRD has gold SQL that fails, times out or gives no rows.
 *
 * @module
 */

import type { SqlPool } from "../sandbox/pool.ts";
import type { SqlResult } from "../sandbox/result_set.ts";
import type { Dataset } from "./dataset.ts";
import type { Example } from "./example.ts";

/** `rows` and `empty` ran; `error` is any other failure than a timeout. */
export type GoldOutcome = "rows" | "empty" | "error" | "timeout";

/** What one gold SQL did. */
export interface GoldCheck {
  readonly example: Example;
  readonly outcome: GoldOutcome;
  /** Why it failed; empty when it ran. */
  readonly message: string;
  readonly elapsedMs: number;
}

/** How many gold SQL did what. */
export type GoldCounts = Readonly<Record<GoldOutcome | "total", number>>;

/** The checks of a data set, in the order of its examples. */
export interface GoldReport {
  readonly checks: readonly GoldCheck[];
  readonly counts: GoldCounts;
  /** By difficulty, `unrated` where the benchmark gives none. */
  readonly byDifficulty: ReadonlyMap<string, GoldCounts>;
  readonly byDatabase: ReadonlyMap<string, GoldCounts>;
}

/**
 * Runs the gold SQL of every example through the pool.
 *
 * @param options `timeoutMs`: the longest a query may take (BIRD's limit is 30 s).
 */
export async function checkGold(
  dataset: Dataset,
  pool: Pick<SqlPool, "execute">,
  options: { readonly timeoutMs: number },
): Promise<GoldReport> {
  const checks = await Promise.all(dataset.examples.map(async (example) => {
    return goldCheck(example, await pool.execute(example.database.path, example.goldSql, options));
  }));
  return {
    checks,
    counts: goldCounts(checks),
    byDifficulty: countsBy(checks, ({ difficulty }) => difficulty ?? "unrated"),
    byDatabase: countsBy(checks, ({ database }) => database.id),
  };
}

function goldCheck(example: Example, result: SqlResult): GoldCheck {
  const { elapsedMs } = result;
  if (result.kind === "rows") {
    const outcome = result.rows.length > 0 ? "rows" : "empty";
    return { example, outcome, message: "", elapsedMs };
  }
  const outcome = result.kind === "timeout" ? "timeout" : "error";
  return { example, outcome, message: result.message, elapsedMs };
}

function countsBy(
  checks: readonly GoldCheck[],
  keyOf: (example: Example) => string,
): Map<string, GoldCounts> {
  const groups = Map.groupBy(checks, ({ example }) => keyOf(example));
  return new Map([...groups].map(([key, group]) => [key, goldCounts(group)]));
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
  };
}
