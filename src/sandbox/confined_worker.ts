/**
 * The worker process of a compiled program, which confines itself: the executable has the permissions of
 * the whole program, and takes no flags.
 *
 * The thread that runs SQL is made with leave to read the roots and its own code and to do nothing else;
 * permissions of a thread are its own. This thread, which sees no request, gives up all of its own: at
 * once, but for reading, without which Deno would not load the other's code. What was given up is not
 * asked for again, as there is no prompt.
 *
 * Its arguments: that it is a worker, the roots as JSON, and those of worker.ts.
 *
 * @module
 */

import { watch } from "./watched_thread.ts";

/** All that Deno knows. */
const PERMISSIONS = ["read", "write", "net", "env", "run", "sys", "ffi", "import"] as const;

const parent = Deno.ppid;
const [, roots, memoryMiB, exitCode] = Deno.args;
const thread = new Worker(new URL("./query_thread.ts", import.meta.url), {
  type: "module",
  deno: {
    permissions: {
      ...Object.fromEntries(PERMISSIONS.map((name) => [name, false])),
      read: [...JSON.parse(roots), import.meta.dirname!],
    },
  },
});
for (const name of PERMISSIONS) if (name !== "read") Deno.permissions.revokeSync({ name });
watch(thread, {
  parent,
  memoryMiB: Number(memoryMiB),
  exitCode: Number(exitCode),
  onLoaded: () => Deno.permissions.revokeSync({ name: "read" }),
});
