/**
 * Versions of what the program writes for others to read: a form has a name and a version,
 * `finestep.gate/1`, and the version goes up with a change that breaks readers.
 *
 * @module
 */

/**
 * That a newer program wrote something, in words for a message; null where this program reads it, or it
 * is no form of this name.
 *
 * @example A later version of the same form
 * ```ts
 * import assert from "node:assert/strict";
 * import { newerForm } from "./form.ts";
 *
 * assert.equal(
 *   newerForm("finestep.gate/2", "finestep.gate/1"),
 *   "a newer program wrote it: it is of finestep.gate/2, this program reads up to finestep.gate/1",
 * );
 * assert.equal(newerForm("finestep.gate/1", "finestep.gate/1"), null);
 * assert.equal(newerForm("finestep.audit/2", "finestep.gate/1"), null);
 * ```
 *
 * @param found What the document says that it is of.
 * @param newest The newest form of that name that this program knows.
 */
export function newerForm(found: unknown, newest: string): string | null {
  const [name, version] = newest.split("/");
  const [foundName, foundVersion] = String(found).split("/");
  if (foundName !== name || !(Number(foundVersion) > Number(version))) return null;
  return `a newer program wrote it: it is of ${found}, this program reads up to ${newest}`;
}
