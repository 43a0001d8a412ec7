/**
 * Where the files lie that this program brings along: its fixtures, and the records in `results/`.
 *
 * @module
 */

import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The folder of `main.ts`. */
const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/**
 * A path to read from: as the user wrote it, or, where nothing is there, the file of that name that this
 * program brings along. So `fixtures/minibird` can be named in any folder, and stays the name that is
 * recorded; what a user has of that name comes first.
 *
 * @example Other paths are left alone
 * ```ts
 * import assert from "node:assert/strict";
 * import { located } from "./located.ts";
 *
 * assert.equal(located("/data/bird"), "/data/bird");
 * assert.equal(located("src"), "src");
 * assert.equal(located("fixtures/none"), "fixtures/none");
 * ```
 */
export function located(path: string): string {
  if (!/^(fixtures|results)[/\\]/.test(path) || existsSync(path)) return path;
  const own = join(ROOT, path);
  return existsSync(own) ? own : path;
}
