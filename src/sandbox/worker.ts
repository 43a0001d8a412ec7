/**
 * The worker process: a thread that runs SQL, and this one, which watches over both. Its arguments are
 * the memory that the process may hold, in MiB, and the exit code with which it ends above that.
 *
 * A statement blocks its thread and cannot be interrupted, so the pool kills the whole process at a
 * deadline. Should the pool's own process die meanwhile, nobody is left to do so: this thread ends it.
 *
 * @module
 */

/** SQLite fills some 100 MiB in this time. */
const WATCH_MS = 100;

const [memoryMiB, exitCode] = Deno.args.map(Number);
const parent = Deno.ppid;

const thread = new Worker(new URL("./query_thread.ts", import.meta.url), { type: "module" });
thread.onmessage = () => Deno.exit(0);

setInterval(() => {
  if (Deno.ppid !== parent) Deno.exit(1);
  if (Deno.memoryUsage().rss > memoryMiB * 2 ** 20) Deno.exit(exitCode);
}, WATCH_MS);

// Ctrl-C reaches every process of the terminal; the pool decides when its workers end.
Deno.addSignalListener("SIGINT", () => {});
