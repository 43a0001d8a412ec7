/**
 * Runs a build as on a bare machine, command by command from an empty folder, and keeps what was found in
 * `results/binary.txt`.
 *
 * @module
 */

import { existsSync } from "node:fs";
import { copyFile, stat } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { PLAIN } from "../../src/reports/style.ts";
import { table } from "../../src/reports/table.ts";
import { BareMachine, type Outcome } from "./bare_machine.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** The folder that the project lies in. */
const BESIDE = resolve(ROOT, "..");

/** The questions of BIRD's development set, where they lie beside the project. */
const BIRD = join(BESIDE, "shared/bird/dev_20240627");

/** Times that a start is measured; the median is told. */
const STARTS = 9;

/**
 * Runs the commands and writes the record.
 *
 * @param made The command and the commit that made the build, for the record's first lines.
 * @returns The record.
 * @throws {Error} If a command fails, with what it said.
 */
export async function recordCheck(
  build: string,
  made: { readonly command: string; readonly commit: string | null },
): Promise<string> {
  await using machine = await BareMachine.open();
  const program = join(machine.path, basename(build));
  await copyFile(build, program);
  const rows: string[][] = [];
  const run = async (name: string, args: readonly string[], said: RegExp) => {
    const outcome = await machine.run(program, args);
    const line = outcome.stdout.split("\n").find((line) => said.test(line));
    if (outcome.code !== 0 || line === undefined) throw new Error(failure(args, outcome));
    rows.push([name, `${(outcome.milliseconds / 1000).toFixed(2)} s`, line.replace(BESIDE, "..")]);
  };
  await run("first start: --version", ["--version"], /^finestep /);
  for (const flag of ["--version", "--help"]) {
    const here = await median(() => machine.run(program, [flag]));
    const task = await median(() => sourceStart(flag));
    rows.push([
      `later start: ${flag}`,
      `${here.toFixed(0)} ms`,
      `deno task finestep: ${task.toFixed(0)} ms`,
    ]);
  }
  await run("train --quick", ["train", "--quick"], /^Stored as run/);
  await run("eval", ["eval"], / right$/);
  if (existsSync(BIRD)) {
    await run("eval on BIRD", ["eval", "--data", BIRD, "--limit", "50"], / right$/);
  }
  await run("leaderboard check", ["leaderboard", "check"], /^PASS/);
  await run("report", ["report"], /^Wrote /);
  const megabytes = ((await stat(build)).size / 1e6).toFixed(1);
  const network = machine.isOffline ? "no network" : "a network, which could not be taken away";
  const columns = ["command", "time", ""].map((heading) => ({ heading }));
  const record = [
    `$ ${made.command}`,
    `commit ${made.commit}, ${Deno.build.target}, ${megabytes} MB`,
    `from an empty folder, with an empty home and environment, no Deno on the path and ${network}`,
    table(columns, rows, PLAIN),
  ].join("\n");
  await Deno.writeTextFile(join(ROOT, "results/binary.txt"), `${record}\n`);
  return record;
}

function failure(args: readonly string[], { code, stdout, stderr }: Outcome): string {
  return `Cannot pass the check as each command must succeed: ${
    args.join(" ")
  } ended with ${code}: ` +
    `${stderr}${stdout}`;
}

async function median(measured: () => Promise<{ readonly milliseconds: number }>): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < STARTS; i++) times.push((await measured()).milliseconds);
  return times.sort((a, b) => a - b)[STARTS >> 1];
}

async function sourceStart(flag: string): Promise<{ readonly milliseconds: number }> {
  const began = performance.now();
  const args = ["task", "finestep", flag];
  await new Deno.Command(Deno.execPath(), { args, cwd: ROOT }).output();
  return { milliseconds: performance.now() - began };
}
