/**
 * What a run has used, added up as it is used: a run that was killed and goes on has used both parts.
 *
 * @module
 */

import type { StoreFile } from "./store_file.ts";

/** Amounts by name. */
export type Amounts = Readonly<Record<string, number>>;

/** Adds to what a run has used: all amounts or none. */
export function addUsage(file: StoreFile, run: number, amounts: Amounts): void {
  file.transaction(`store what run ${run} has used`, () => {
    file.insert(
      `INSERT INTO usage VALUES (?, ?, ?)
       ON CONFLICT (run, name) DO UPDATE SET amount = amount + excluded.amount`,
      Object.entries(amounts).map(([name, amount]) => [run, name, amount]),
    );
  });
}

/** What a run has used so far; empty for one that uses nothing that is counted. */
export function usageOf(file: StoreFile, run: number): Amounts {
  const rows = file.statement("SELECT name, amount FROM usage WHERE run = ? ORDER BY name").all(
    run,
  );
  return Object.fromEntries(rows.map(({ name, amount }) => [String(name), Number(amount)]));
}
