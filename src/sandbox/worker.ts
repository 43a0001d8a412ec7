/**
 * The worker process: a thread that runs SQL, and this one, which watches over both.
 *
 * A statement blocks its thread and cannot be interrupted, so the pool kills the whole process at a
 * deadline. Should the pool's own process die meanwhile, nobody is left to do so: this thread ends it.
 *
 * @module
 */

const PARENT_CHECK_MS = 500;

const thread = new Worker(new URL("./query_thread.ts", import.meta.url), { type: "module" });
thread.onmessage = () => Deno.exit(0);

const parent = Deno.ppid;
setInterval(() => {
  if (Deno.ppid !== parent) Deno.exit(1);
}, PARENT_CHECK_MS);

// Ctrl-C reaches every process of the terminal; the pool decides when its workers end.
Deno.addSignalListener("SIGINT", () => {});
