/**
 * Watches over the thread of a worker process that runs SQL.
 *
 * A statement blocks its thread and cannot be interrupted, so the pool kills the whole process at a
 * deadline. Should the pool's own process die meanwhile, nobody is left to do so: this thread ends it.
 *
 * @module
 */

/** SQLite fills some 100 MiB in this time. */
const WATCH_MS = 100;

/** When a worker process ends. */
export interface WatchOptions {
  /** The process that started it: it ends without it. */
  readonly parent: number;
  /** Memory that the process may hold, in MiB. */
  readonly memoryMiB: number;
  /** How it ends above that. */
  readonly exitCode: number;
  /** Called when the thread has loaded its code. */
  readonly onLoaded?: () => void;
}

/** What the thread says: that its code is loaded, and that there are no more requests. */
export type ThreadMessage = "loaded" | "input closed";

/** Ends the process with its thread, without its parent, and above its memory. */
export function watch(thread: Worker, options: WatchOptions): void {
  const { parent, memoryMiB, exitCode, onLoaded } = options;
  thread.onmessage = ({ data }: MessageEvent<ThreadMessage>) => {
    if (data === "input closed") Deno.exit(0);
    onLoaded?.();
  };

  setInterval(() => {
    if (Deno.ppid !== parent) Deno.exit(1);
    if (Deno.memoryUsage().rss > memoryMiB * 2 ** 20) Deno.exit(exitCode);
  }, WATCH_MS);

  // Ctrl-C reaches every process of the terminal; the pool decides when its workers end.
  Deno.addSignalListener("SIGINT", () => {});
}
