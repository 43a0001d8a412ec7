/**
 * Runs 20,000 statements through one pool, as the soak test does, and prints what is left. Exits with 1
 * when anything is. `deno task soak [count] [--json]`
 *
 * @module
 */

import { sampleDatabase } from "../tests/sandbox/sample_database.ts";
import { soak } from "../tests/sandbox/soak.ts";

using sample = sampleDatabase();
const record = await soak(sample.path, Number(Deno.args[0] ?? 20_000));
console.log(Deno.args.includes("--json") ? JSON.stringify(record) : record);
const isClean = record.surprises.length === 0 && Object.values(record.left).every((n) => n === 0);
Deno.exitCode = isClean ? 0 : 1;
