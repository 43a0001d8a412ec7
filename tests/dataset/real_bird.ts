/**
 * Where tests find a part of the real BIRD data, which is not part of the project.
 *
 * @module
 */

import { fileURLToPath } from "node:url";

/** The folder of real BIRD data beside the repository. */
export const BIRD = fileURLToPath(new URL("../../../shared/bird", import.meta.url));

/** Options of a test that needs {@linkcode BIRD}. */
export const NEEDS_BIRD = { ignore: !isFolder(BIRD) };

if (NEEDS_BIRD.ignore) console.info(`Tests on real BIRD data are skipped: there is no ${BIRD}`);

function isFolder(path: string): boolean {
  try {
    return Deno.statSync(path).isDirectory;
  } catch {
    return false;
  }
}
