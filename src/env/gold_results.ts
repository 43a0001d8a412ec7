/**
 * Results of gold SQL, each run once and kept.
 *
 * @module
 */

import type { Example } from "../dataset/example.ts";
import type { SqlResult } from "../sandbox/result_set.ts";
import type { SqlPool } from "../sandbox/pool.ts";
import { ANSWER_CAPS } from "./options.ts";

/** The gold results of examples; concurrent requests for one example share its run. */
export class GoldResults {
  readonly #pool: Pick<SqlPool, "execute">;
  readonly #timeoutMs: number;
  readonly #results = new Map<string, Promise<SqlResult>>();

  constructor(pool: Pick<SqlPool, "execute">, { timeoutMs }: { readonly timeoutMs: number }) {
    this.#pool = pool;
    this.#timeoutMs = timeoutMs;
  }

  /** The result of the example's gold SQL, run in full. */
  get({ database, goldSql }: Example): Promise<SqlResult> {
    const key = `${database.path}\n${goldSql}`;
    const known = this.#results.get(key);
    if (known !== undefined) return known;
    const limits = { ...ANSWER_CAPS, timeoutMs: this.#timeoutMs };
    const result = this.#pool.execute(database.path, goldSql, limits);
    this.#results.set(key, result);
    return result;
  }
}
