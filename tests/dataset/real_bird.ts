/**
 * Where tests find parts of the real BIRD and Spider data, which are not part of the project.
 *
 * @module
 */

import { fileURLToPath } from "node:url";

/** The folder of real BIRD data beside the repository. */
export const BIRD = shared("bird");

/** The folder of real Spider data beside the repository. */
export const SPIDER = shared("spider");

/** Options of a test that needs {@linkcode BIRD}. */
export const NEEDS_BIRD = needs("BIRD", BIRD);

/** Options of a test that needs {@linkcode SPIDER}. */
export const NEEDS_SPIDER = needs("Spider", SPIDER);

function shared(name: string): string {
  return fileURLToPath(new URL(`../../../shared/${name}`, import.meta.url));
}

function needs(name: string, path: string): { ignore: boolean } {
  const ignore = !isFolder(path);
  if (ignore) console.info(`skipped: no ${name} data (there is no ${path})`);
  return { ignore };
}

function isFolder(path: string): boolean {
  try {
    return Deno.statSync(path).isDirectory;
  } catch {
    return false;
  }
}
