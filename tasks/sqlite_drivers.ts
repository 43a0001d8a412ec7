/**
 * Compares the two SQLite drivers of the store: tests/bench/sqlite_bench.ts under deno.json and under
 * deno.jsr.json in turn, the fastest time of each round, and of these the median. The result is results/sqlite_drivers.txt.
 *
 * Run with `deno task sqlite_drivers`; `jsr/checkout.ts` says what the environment has to hold where
 * JSR cannot be reached.
 *
 * @module
 */

import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { sourceCommit } from "../src/cli/program.ts";
import { PLAIN } from "../src/reports/style.ts";
import { table } from "../src/reports/table.ts";
import { JsrCheckout } from "./jsr/checkout.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const ROUNDS = 3;
const VERSION = `
  import { openDatabase } from "finestep/sqlite";
  console.log(openDatabase(":memory:").prepare("SELECT sqlite_version() AS v").get().v);
`;

/** A profile's checkout, and what was measured in it: milliseconds by benchmark, of each round. */
interface Side {
  readonly driver: string;
  readonly folder: string;
  readonly rounds: Map<string, number>[];
}

await using checkout = await JsrCheckout.make();
const sides: Side[] = [
  { driver: "node:sqlite", folder: ROOT, rounds: [] },
  { driver: "@db/sqlite", folder: checkout.path, rounds: [] },
];
for (let round = 0; round < ROUNDS; round++) {
  for (const { folder, rounds } of sides) rounds.push(await measured(folder));
}

const [own, other] = sides;
const names = [...own.rounds[0].keys()];
const rows = names.map((name) => {
  const [ownMs, otherMs] = sides.map(({ rounds }) => median(rounds.map((of) => of.get(name)!)));
  return [name, shown(ownMs), shown(otherMs), (otherMs / ownMs).toFixed(1)];
});
const versions = await Promise.all(
  sides.map(async ({ driver, folder }) => `${driver} with SQLite ${await sqliteVersion(folder)}`),
);
const headings = [`${own.driver}, ms`, `${other.driver}, ms`, "times as long"];
const columns = [
  { heading: "" },
  ...headings.map((heading) => ({ heading, align: "right" as const })),
];
const text = [
  "$ deno task sqlite_drivers",
  `commit ${await sourceCommit()}, Deno ${Deno.version.deno}, ${Deno.build.target}`,
  versions.join("; "),
  `medians of ${ROUNDS} rounds; load average ${Deno.loadavg()[1].toFixed(1)}`,
  table(columns, rows, PLAIN),
].join("\n");
console.log(text);
await Deno.writeTextFile(join(ROOT, "results/sqlite_drivers.txt"), `${text}\n`);

/** The benchmarks' fastest times, in milliseconds: what else the machine does only adds to them. */
async function measured(folder: string): Promise<Map<string, number>> {
  const bench = ["bench", "--allow-all", "--json", "tests/bench/sqlite_bench.ts"];
  const { benches } = JSON.parse(await output(bench, folder));
  type Bench = { name: string; results: [{ ok: { min: number } }] };
  return new Map((benches as Bench[]).map(({ name, results: [{ ok }] }) => [name, ok.min / 1e6]));
}

async function sqliteVersion(folder: string): Promise<string> {
  return (await output(["eval", VERSION], folder)).trim();
}

async function output(args: string[], cwd: string): Promise<string> {
  const command = new Deno.Command(Deno.execPath(), { args, cwd, stderr: "inherit" });
  const { success, stdout } = await command.output();
  if (!success) throw new Error(`Cannot compare the drivers as a run failed: deno ${args[0]}`);
  return new TextDecoder().decode(stdout);
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];
}

function shown(ms: number): string {
  return ms < 100 ? ms.toPrecision(2) : ms.toFixed(0);
}
