/**
 * Where a compiled program begins: as its own SQL worker if its first argument says so, else as what its
 * user wrote. A program that Deno runs begins at main.ts, and knows no such argument.
 *
 * @module
 */

import { SQL_WORKER } from "../sandbox/own_process.ts";

if (Deno.args[0] === SQL_WORKER) await import("../sandbox/confined_worker.ts");
else await import("../../main.ts");
