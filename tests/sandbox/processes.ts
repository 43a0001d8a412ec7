/**
 * What Linux tells of processes.
 *
 * @module
 */

/** Options of a test that looks at processes. */
export const NEEDS_LINUX = { ignore: Deno.build.os !== "linux" };

/** Process ids of a process's children. */
export function children(parent: number = Deno.pid): string[] {
  const threads = [...Deno.readDirSync(`/proc/${parent}/task`)];
  return threads.flatMap(({ name }) => {
    const line = Deno.readTextFileSync(`/proc/${parent}/task/${name}/children`);
    return line.split(" ").filter((pid) => pid !== "");
  });
}

/** Whether a process runs: it is there and no zombie. */
export function isRunning(pid: string): boolean {
  try {
    return !/\) [ZX]/.test(Deno.readTextFileSync(`/proc/${pid}/stat`));
  } catch {
    return false;
  }
}
