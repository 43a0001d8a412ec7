/**
 * What goes on is under the options that it was started with.
 *
 * @module
 */

import { flagName, type Flags, type OptionTables, UsageError } from "./args.ts";

/** Where the run is found, and how it is gone on with: not its own. */
const OF_RESUMING: ReadonlySet<string> = new Set(["resume", "store"]);

/**
 * Refuses options beside `--resume` that would do nothing; those of the run's start may be given again.
 *
 * @param now What the command line says that goes on with the run.
 * @param start What the one said that started it.
 * @throws {UsageError} If an option is given that is not as it was.
 */
export function refuseOtherOptions<T extends OptionTables>(
  runId: number,
  now: Flags<T>,
  start: Flags<T>,
): void {
  const before: Readonly<Record<string, Readonly<Record<string, unknown>>>> = start.values;
  for (const [table, values] of Object.entries(now.values)) {
    for (const [name, value] of Object.entries(values)) {
      const was = before[table][name];
      if (!now.given.has(name) || OF_RESUMING.has(name) || value === was) continue;
      throw new UsageError(
        `Cannot resume run ${runId} as it goes on under its own options: "${flagName(name)}" is ` +
          `${value || "none"}, and was ${was || "none"}`,
      );
    }
  }
}
