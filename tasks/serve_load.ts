/**
 * `finestep serve` with 200 good clients at a time, while slow, broken and hostile ones and a flood are at
 * it: whether each client gets its own data, how long a step takes, and what is left afterwards. Exits with
 * 1 when anything is not as it should be. Linux only.
 *
 * Run with `deno task serve_load [--rounds N] [--output results/serve_load.txt]`.
 *
 * @module
 */

import { parseArgs } from "node:util";
import { sourceCommit } from "../src/cli/program.ts";
import { load } from "./serve_load/load.ts";
import { report, surprisesOf } from "./serve_load/report.ts";

const { values: flags } = parseArgs({
  options: {
    clients: { type: "string", default: "200" },
    episodes: { type: "string", default: "3" },
    rounds: { type: "string", default: "6" },
    // What finestep serve takes by itself.
    workers: { type: "string", default: "8" },
    output: { type: "string" },
  },
});

const record = await load({
  clients: Number(flags.clients),
  episodes: Number(flags.episodes),
  rounds: Number(flags.rounds),
  workers: Number(flags.workers),
  copies: 4,
  long: true,
  spare: 200,
  idleSeconds: 5,
});
const command = ["deno task serve_load", ...Deno.args].join(" ");
const text = `$ ${command}\ncommit ${await sourceCommit()}\n\n${report(record)}`;
console.log(text);
if (flags.output) await Deno.writeTextFile(flags.output, text);
Deno.exitCode = surprisesOf(record).length > 0 ? 1 : 0;
