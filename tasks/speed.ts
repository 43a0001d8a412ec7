/**
 * How fast prediction files are scored, measured as a user waits for it: whole commands, from start to
 * end, with all the processes they start.
 *
 * - BIRD's prediction files from an empty store, all files of a data set in one command; beside it the
 *   official `evaluation_ex.py`, once for each file, where a copy of bird-bench/mini_dev is at hand.
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

/** A data set with the prediction files published for it. */
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
const scratch = await Deno.makeTempDir({ prefix: "finestep-speed-" });
try {
  if (!await isFolder(bird)) console.log(`skipped: no BIRD data at ${bird}`);
  else {
    const contests = [contest("dev_20240627", "dev"), contest("mini_dev", "mini_dev_sqlite")];
    await compareWithOfficial(contests);
    await scoreAgain(contests[0]);
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

/** Both programs in turns, so that the machine's other load meets both. */
async function compareWithOfficial(contests: readonly Contest[]): Promise<void> {
  const costs = contests.map(() => ({ ours: [] as Cost[], official: [] as Cost[] }));
  for (let repeat = 0; repeat < REPEATS; repeat++) {
    for (const [n, contest] of contests.entries()) {
      const store = join(scratch, `cold-${repeat}-${n}.sqlite`);
      costs[n].ours.push(await measured(() => scored(contest, store)));
      if (official) costs[n].official.push(await measured(() => officiallyScored(contest)));
    }
  }
  const rows = contests.map((contest, n) => {
    const ours = median(costs[n].ours);
    const theirs = official ? median(costs[n].official) : null;
    const answers = contest.questions.length * contest.predictions.length;
    return [
      contest.name,
      String(contest.predictions.length),
      String(answers),
      ...[seconds(ours.wallMs), seconds(ours.cpuMs)],
      ...theirs ? [seconds(theirs.wallMs), seconds(theirs.cpuMs)] : ["", ""],
      ...theirs ? [ratio(theirs.wallMs, ours.wallMs), ratio(theirs.cpuMs, ours.cpuMs)] : ["", ""],
    ];
  });
  const headings = ["data", "files", "answers", "wall, s", "CPU, s", "official wall, s"];
  const more = ["official CPU, s", "wall ratio", "CPU ratio"];
  console.log(`Scoring prediction files from an empty store, ${workers} workers, ${medianNote()}`);
  print([...headings, ...more], rows);
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
  console.log(`Scoring 1,534 answers, ${workers} workers, ${medianNote()}`);
  print(
    ["results in the store", "wall, s", "CPU, s"],
    (["cold", "again"] as const).map((when) => {
      const { wallMs, cpuMs } = median(costs[when]);
      return [when === "cold" ? "none" : "all", seconds(wallMs), seconds(cpuMs)];
    }),
  );
}

function scored({ folder, predictions }: Contest, store: string): Promise<void> {
  return finestep("--data", folder, "--store", store, "--predictions", ...predictions);
}

function finestep(...args: readonly string[]): Promise<void> {
  return run(Deno.execPath(), ["run", "-A", MAIN, "eval", "--workers", workers, ...args]);
}

async function officiallyScored({ name, folder, questions, gold, predictions }: Contest) {
  const lines = join(scratch, `${name}.jsonl`);
  await Deno.writeTextFile(lines, questions.map((one) => JSON.stringify(one) + "\n").join(""));
  for (const path of predictions) {
    await run(python, [
      ...[join(official!, "evaluation_ex.py"), "--predicted_sql_path", path],
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

function ratio(theirs: number, ours: number): string {
  return (theirs / ours).toFixed(1);
}

function medianNote(): string {
  return `medians of ${REPEATS} runs`;
}
