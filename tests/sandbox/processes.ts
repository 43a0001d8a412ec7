/**
 * What Linux tells of processes.
 *
 * @module
 */

/** Options of a test that looks at processes. */
export const NEEDS_LINUX = { ignore: isElsewhere() };

function isElsewhere(): boolean {
  const { os } = Deno.build;
  if (os !== "linux") console.info(`skipped: no /proc on ${os}`);
  return os !== "linux";
}

/**
 * Process ids of a process's children that may read a file: the workers of the pool that was opened for
 * it. Other tests of the same process have children, too.
 */
export function workersOf(path: string, parent: number = Deno.pid): string[] {
  const folder = path.slice(0, path.lastIndexOf("/"));
  return children(parent).filter((pid) => commandLine(pid).includes(folder));
}

function children(parent: number): string[] {
  const threads = [...Deno.readDirSync(`/proc/${parent}/task`)];
  return threads.flatMap(({ name }) => {
    const line = textOf(`/proc/${parent}/task/${name}/children`);
    return line.split(" ").filter((pid) => pid !== "");
  });
}

function commandLine(pid: string): string {
  return textOf(`/proc/${pid}/cmdline`);
}

/** Empty where the process or thread has ended. */
function textOf(path: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    return "";
  }
}

/** Whether a process runs: it is there and no zombie. */
export function isRunning(pid: string): boolean {
  try {
    return !/\) [ZX]/.test(Deno.readTextFileSync(`/proc/${pid}/stat`));
  } catch {
    return false;
  }
}
