/**
 * Folders that a checkout may lack.
 *
 * @module
 */

/** Whether a folder is there; says which tests are skipped when it is not. */
export function hasFolder(path: string, tests: string): boolean {
  try {
    if (Deno.statSync(path).isDirectory) return true;
  } catch {
    // Absent, which is what the message says.
  }
  console.info(`${tests} is skipped: there is no ${path}`);
  return false;
}
