/**
 * The worker process: a thread that runs SQL, and this one, which watches over both. Its arguments are
 * the memory that the process may hold, in MiB, and the exit code with which it ends above that.
 *
 * @module
 */

import { watch } from "./watched_thread.ts";

const parent = Deno.ppid;
const [memoryMiB, exitCode] = Deno.args.map(Number);
const thread = new Worker(new URL("./query_thread.ts", import.meta.url), { type: "module" });
watch(thread, { parent, memoryMiB, exitCode });
