/**
 * What a process holds, by Linux's `/proc`.
 *
 * @module
 */

/** What leaks would show in. */
export interface ProcessState {
  readonly residentMiB: number;
  readonly openFiles: number;
  /** Ids of its children and theirs. */
  readonly children: readonly number[];
}

/** The state of a process and of all below it. */
export function processState(pid: number): ProcessState {
  const status = Deno.readTextFileSync(`/proc/${pid}/status`);
  return {
    residentMiB: Number(/^VmRSS:\s+(\d+)/m.exec(status)![1]) / 1024,
    openFiles: [...Deno.readDirSync(`/proc/${pid}/fd`)].length,
    children: descendants(pid),
  };
}

/** Whether a process is there. */
export function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(Deno.readTextFileSync(`/proc/${pid}/status`));
  } catch {
    return false;
  }
}

function descendants(pid: number): number[] {
  const parents = new Map<number, number>();
  for (const { name } of Deno.readDirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const parent = parentOf(Number(name));
    if (parent !== null) parents.set(Number(name), parent);
  }
  const isBelow = (child: number): boolean => {
    const parent = parents.get(child);
    return parent !== undefined && (parent === pid || isBelow(parent));
  };
  return [...parents.keys()].filter(isBelow).sort((a, b) => a - b);
}

function parentOf(pid: number): number | null {
  try {
    return Number(/^PPid:\s+(\d+)/m.exec(Deno.readTextFileSync(`/proc/${pid}/status`))![1]);
  } catch {
    // It ended in between.
    return null;
  }
}
