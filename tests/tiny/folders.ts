/**
 * Folders of tests: temporary ones, and those that a checkout may lack.
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

/** Gives a new folder, which is removed afterwards with all that is in it. */
export async function withFolder(use: (folder: string) => Promise<void> | void): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "finestep" });
  try {
    await use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
