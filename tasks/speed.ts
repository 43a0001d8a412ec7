/**
 * How fast prediction files are scored, measured as a user waits for it: whole commands, from start to
 * end, with all the processes they start.
 *
 * - BIRD's prediction files from an empty store, in one command; beside it SQLite alone, running each
 *   distinct statement once, and BIRD's official scripts, once for each file, where a copy of
 *   bird-bench/mini_dev is at hand.
 * - 1,534 answers (as many as BIRD dev has) scored again, when their results are in the store.
 *
 * Run with `deno task speed [--official path/to/mini_dev/evaluation] [--python python3]`; the official
 * code needs Python packages (func_timeout, numpy, psycopg2-binary, pymysql). Linux only, as CPU time
 * of child processes is read from /proc.
 *
 * @module
 */

import { cp } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { PLAIN } from "../src/reports/style.ts";
import { table } from "../src/reports/table.ts";

const { values: flags } = parseArgs({
  options: {
    official: { type: "string" },
    python: { type: "string", default: "python3" },
    bird: { type: "string", default: "../shared/bird" },
    workers: { type: "string", default: "2" },
    repeats: { type: "string", default: "5" },
  },
});
const { official, python, bird, workers } = flags;
const REPEATS = Number(flags.repeats);
const CONDITIONS = `${workers} workers, medians of ${REPEATS} runs`;

/** Prediction files published for one data set. */
interface Contest {
  readonly name: string;
  readonly folder: string;
  readonly questions: readonly Record<string, unknown>[];
  readonly gold: string;
  readonly predictions: readonly string[];
}

/** What a command took. */
interface Cost {
  readonly wallMs: number;
  readonly cpuMs: number;
}

const MAIN = new URL("../main.ts", import.meta.url).pathname;
const FLOOR = new URL("speed/sqlite_alone.ts", import.meta.url).pathname;
const scratch = await Deno.makeTempDir({ prefix: "finestep-speed-" });
try {
  if (!await isFolder(bird)) console.log(`skipped: no BIRD data at ${bird}`);
  else {
    const dev = contest("dev_20240627", "dev");
    await compare({ ...dev, predictions: dev.predictions.slice(0, 1) });
    await compare(dev);
    await compare(contest("mini_dev", "mini_dev_sqlite"));
    await scoreAgain(dev);
  }
} finally {
  await Deno.remove(scratch, { recursive: true });
}

function contest(name: string, questions: string): Contest {
  const folder = join(bird, name);
  const predictions = join(folder, "predictions");
  return {
    name,
    folder,
    questions: JSON.parse(Deno.readTextFileSync(join(folder, `${questions}.json`))),
    gold: join(folder, `${questions}_gold.sql`),
    predictions: [...Deno.readDirSync(predictions)]
      .map((entry) => join(predictions, entry.name))
      .filter((path) => path.endsWith(".json") && !path.endsWith(".verdicts.json"))
      .sort(),
  };
}

/** All programs in turns, so that the machine's other load meets each of them. */
async function compare(contest: Contest): Promise<void> {
  const scripts = official ? ["evaluation_ex.py", "evaluation_f1.py"] : [];
  const programs: Record<string, () => Promise<void>> = {
    "finestep eval: EX, strict EX, Soft-F1": () => scored(contest),
    "SQLite alone, each statement once": () => statementsRun(contest),
  };
  for (const script of scripts) programs[script] = () => officiallyScored(contest, script);
  const costs = Object.fromEntries(Object.keys(programs).map((name) => [name, [] as Cost[]]));
  for (let repeat = 0; repeat < REPEATS; repeat++) {
    for (const [name, run] of Object.entries(programs)) costs[name].push(await measured(run));
  }
  const medians = Object.entries(costs).map(([name, some]) => ({ name, cost: median(some) }));
  const [{ cost: ours }] = medians;
  if (official) {
    const [ex, f1] = scripts.map((script) => median(costs[script]));
    const cost = { wallMs: ex.wallMs + f1.wallMs, cpuMs: ex.cpuMs + f1.cpuMs };
    medians.push({ name: "both official scripts: EX, Soft-F1", cost });
  }
  const { name, predictions, questions } = contest;
  const files = predictions.length === 1 ? "1 file" : `${predictions.length} files`;
  const answers = (predictions.length * questions.length).toLocaleString("en");
  console.log(`${name}: ${files}, ${answers} answers, empty store; ${CONDITIONS}`);
  print(
    ["program", "wall, s", "CPU, s", "wall, times ours", "CPU, times ours"],
    medians.map(({ name, cost: { wallMs, cpuMs } }) => [
      ...[name, seconds(wallMs), seconds(cpuMs)],
      ...[(wallMs / ours.wallMs).toFixed(1), (cpuMs / ours.cpuMs).toFixed(1)],
    ]),
  );
}

/** 1,534 questions made of BIRD dev's, each answered by the published systems in turn. */
async function scoreAgain({ folder, questions, predictions }: Contest): Promise<void> {
  const data = join(scratch, "repeated");
  const answers = predictions.map((path) =>
    Object.values(JSON.parse(Deno.readTextFileSync(path)) as Record<string, string>)
  );
  const places = Array.from({ length: 1534 }, (_, n) => ({
    id: n,
    question: n % questions.length,
    system: Math.floor(n / questions.length) % answers.length,
  }));
  await Deno.mkdir(data);
  await Deno.writeTextFile(
    join(data, "dev.json"),
    JSON.stringify(places.map(({ id, question }) => ({ ...questions[question], question_id: id }))),
  );
  await Deno.writeTextFile(
    join(data, "predictions.json"),
    JSON.stringify(places.map(({ question, system }) => answers[system][question])),
  );
  await cp(join(folder, "dev_databases"), join(data, "dev_databases"), { recursive: true });
  const command = ["--data", data, "--predictions", join(data, "predictions.json")];
  const costs: Record<"cold" | "again", Cost[]> = { cold: [], again: [] };
  for (let repeat = 0; repeat < REPEATS; repeat++) {
    const store = join(scratch, `again-${repeat}.sqlite`);
    for (const when of ["cold", "again"] as const) {
      costs[when].push(await measured(() => finestep(...command, "--store", store)));
    }
  }
  console.log(`1,534 answers; ${CONDITIONS}`);
  print(
    ["results in the store", "wall, s", "CPU, s"],
    (["cold", "again"] as const).map((when) => {
      const { wallMs, cpuMs } = median(costs[when]);
      return [when === "cold" ? "none" : "all", seconds(wallMs), seconds(cpuMs)];
    }),
  );
}

function scored({ folder, predictions }: Contest): Promise<void> {
  const store = join(scratch, `${crypto.randomUUID()}.sqlite`);
  return finestep("--data", folder, "--store", store, "--predictions", ...predictions);
}

function finestep(...args: readonly string[]): Promise<void> {
  return run(Deno.execPath(), ["run", "-A", MAIN, "eval", "--workers", workers, ...args]);
}

/** In one process, on one connection for each database. */
function statementsRun({ folder, predictions }: Contest): Promise<void> {
  return run(Deno.execPath(), ["run", "-A", FLOOR, folder, ...predictions]);
}

async function officiallyScored(contest: Contest, script: string): Promise<void> {
  const { name, folder, questions, gold, predictions } = contest;
  const lines = join(scratch, `${name}.jsonl`);
  await Deno.writeTextFile(lines, questions.map((one) => JSON.stringify(one) + "\n").join(""));
  for (const path of predictions) {
    await run(python, [
      ...[join(official!, script), "--predicted_sql_path", path],
      ...["--ground_truth_path", gold, "--db_root_path", `${join(folder, "dev_databases")}/`],
      ...["--diff_json_path", lines, "--num_cpus", workers, "--meta_time_out", "30"],
      ...["--output_log_path", join(scratch, "official.txt")],
    ]);
  }
}

async function run(program: string, args: readonly string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command(program, { args: [...args] }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
}

async function measured(work: () => Promise<void>): Promise<Cost> {
  const [startMs, startCpuMs] = [performance.now(), childrenCpuMs()];
  await work();
  return { wallMs: performance.now() - startMs, cpuMs: childrenCpuMs() - startCpuMs };
}

/** CPU time of the child processes that have ended, and of theirs. */
function childrenCpuMs(): number {
  const stat = Deno.readTextFileSync("/proc/self/stat");
  // After the name in parentheses, cutime and cstime are fields 16 and 17, in hundredths of a second.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return 10 * (Number(fields[13]) + Number(fields[14]));
}

function median(costs: readonly Cost[]): Cost {
  const middle = (values: number[]) => values.sort((a, b) => a - b)[values.length >> 1];
  return {
    wallMs: middle(costs.map(({ wallMs }) => wallMs)),
    cpuMs: middle(costs.map(({ cpuMs }) => cpuMs)),
  };
}

function isFolder(path: string): Promise<boolean> {
  return Deno.stat(path).then(({ isDirectory }) => isDirectory, () => false);
}

function print(headings: readonly string[], rows: readonly string[][]): void {
  const columns = headings.map((heading, n) =>
    n === 0 ? { heading } : { heading, align: "right" } as const
  );
  console.log(table(columns, rows, PLAIN) + "\n");
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(2);
}
