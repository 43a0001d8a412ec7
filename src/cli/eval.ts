/**
 * `finestep eval`: how a policy, or a file of predictions, does on a benchmark.
 *
 * @module
 */

import { basename } from "node:path";
import { requireSql } from "../dataset/dataset.ts";
import { contestantsTable } from "../reports/contestants_table.ts";
import { evaluationText } from "../reports/evaluation_report.ts";
import { verdictsJson } from "../reports/export/verdicts.ts";
import { isStopped, openStore, type RunStatus, type RunStore } from "../store/run_store.ts";
import { firstDifference } from "../store/identity.ts";
import { usageOf } from "../store/run_usage.ts";
import { type Arena, openArena } from "./arena.ts";
import { parseFlags } from "./args.ts";
import type { Contestant } from "./contestant.ts";
import { EVAL_TABLES, type EvalFlags } from "./eval_options.ts";
import { checkUsage } from "./eval_usage.ts";
import { type Evaluation, evaluationPhase, measuresOf, storeMeasures } from "./evaluation_phase.ts";
import { fileContestant } from "./file_contestant.ts";
import { INTERRUPTED, stoppable } from "./interrupt.ts";
import { refuseOtherOptions } from "./resumed.ts";
import { runIdentity } from "./run_identity.ts";
import { sourceCommit } from "./program.ts";
import { commandLine, nextCommand } from "./setup.ts";
import { outputStyle } from "./terminal.ts";
import { timingPhase } from "./timing_phase.ts";
import { refuseFolder, writeWhole } from "./whole_file.ts";

export { EVAL_TABLES as TABLES };
export const HELP = {
  usage: "finestep eval [--predictions file ...]",
  summary:
    "Scores prediction files, or runs a policy, on a benchmark: EX, strict EX, Soft-F1 and\n" +
    "redundant tool calls with 95 % intervals. Evaluations can be stopped and resumed.",
};

/** What this process was told, and what it works on. */
interface Command {
  readonly argv: readonly string[];
  readonly flags: EvalFlags;
  readonly store: RunStore;
  readonly arena: Arena;
  /** The run to go on with; null for new ones. */
  readonly resumedRun: number | null;
}

/** What results are printed with. */
type Printed = Pick<Command, "arena" | "flags" | "store">;

/** A contestant's evaluation, as far as it went. */
interface Result {
  readonly name: string;
  readonly runId: number;
  readonly evaluation: Evaluation;
  /** Attempts planned. */
  readonly total: number;
  /** What was used, in lines; null where that is not counted. */
  readonly usage: string | null;
  /** What a model of this process ran on. */
  readonly device: string | undefined;
}

/**
 * Evaluates and prints what was found.
 *
 * @returns The exit code; 130 when stopped by Ctrl-C.
 * @throws {UsageError} If the command line is not one of this command.
 * @throws {Error} If the data set, the model or the predictions cannot be loaded.
 */
export async function run(argv: readonly string[]): Promise<number> {
  const flags = parseFlags(argv, EVAL_TABLES);
  checkUsage(flags);
  refuseFolder(flags.values.run.verdicts);
  const { resume } = flags.values.run;
  using store = openStore(flags.values.run.store);
  if (resume === 0) return await evaluateAll({ argv, flags, store, resumedRun: null });
  const earlier = stoppedCommand(store, flags);
  return await evaluateAll({ ...earlier, store, resumedRun: resume });
}

/** The command of an evaluation that was stopped; it goes on under the options of its start. */
function stoppedCommand(
  store: RunStore,
  now: EvalFlags,
): Pick<Command, "argv" | "flags"> {
  const { values, json } = now;
  const { resume: runId } = values.run;
  const { kind, status, options } = store.run(runId);
  if (kind !== "eval" || !isStopped(status) || !Array.isArray(options.argv)) {
    throw new RangeError(
      `Cannot resume run ${runId} as it must be a stopped evaluation: it is a ${status} ${kind} run`,
    );
  }
  const argv = [...options.argv, "--store", values.run.store, ...json ? ["--json"] : []];
  const flags = parseFlags(argv, EVAL_TABLES);
  refuseOtherOptions(runId, now, flags);
  // Of the files of one command, the run is about one.
  const run = { ...flags.values.run, predictions: String(options.predictions ?? "") };
  return { argv, flags: { ...flags, positionals: [], values: { ...flags.values, run } } };
}

async function evaluateAll(command: Omit<Command, "arena">): Promise<number> {
  const { flags, store } = command;
  const { predictions } = flags.values.run;
  const files = predictions === "" ? [] : [predictions, ...flags.positionals];
  const schemas = files.length > 0 ? "skip" : "read";
  await using arena = await openArena(store, flags, { schemas });
  if (flags.values.run.rVes > 0) requireSql(arena.dataset, "time answers");
  arena.dataset.warnings.forEach(warn);
  const results: Result[] = [];
  const isStopped = await stoppable("Stopping", async (signal) => {
    for (const file of files.length > 0 ? files : [null]) {
      if (signal.aborted) break;
      await using contestant = await makeContestant(file, { flags, store, arena });
      contestant.warnings.forEach(warn);
      const result = await evaluateOne({ ...command, arena }, contestant, signal);
      results.push(result);
      // One report after another would hide what several files are scored for.
      const isOneOfMany = files.length > 1 && !flags.values.run.details;
      if (!flags.json && (!isOneOfMany || signal.aborted)) {
        printResult(result, { arena, flags, store });
      }
    }
    return signal.aborted;
  });
  if (flags.json) await printJson(store, results);
  else if (results.length > 1) printComparison(results, { arena, flags, store });
  for (const { evaluation } of results) await writeVerdicts(flags, evaluation);
  return isStopped ? INTERRUPTED : 0;
}

async function makeContestant(
  file: string | null,
  { flags: { values, given }, store, arena }: Pick<Command, "flags" | "store" | "arena">,
): Promise<Contestant> {
  const { run, engine, endpoint } = values;
  if (file !== null) return await fileContestant(file, run.match, arena);
  if (run.policy === "openai") {
    const { endpointContestant } = await import("./endpoint_contestant.ts");
    return await endpointContestant({ ...run, endpoint, file: store.file }, arena);
  }
  const { modelContestant } = await import("./model_contestant.ts");
  return await modelContestant({ ...run, engine, isTemplateGiven: given.has("template") }, arena);
}

async function evaluateOne(
  command: Command,
  contestant: Contestant,
  signal: AbortSignal,
): Promise<Result> {
  const { flags, store, arena } = command;
  const { seed, rVes } = flags.values.run;
  const { name, trials, attempt, concurrency, env, abandons, meter } = contestant;
  const { examples, pool, quarantine } = arena;
  const runId = await startedRun(command, contestant);
  meter?.begin(runId);
  const destination = { store, runId, phase: "eval" } as const;
  const ended = (status: Exclude<RunStatus, "running">) => store.finishRun(runId, status);
  try {
    const shared = { examples, seed, unsound: quarantine?.ids, signal };
    const keepsEpisodes = contestant.predictions === null;
    const label = keepsEpisodes ? "evaluating" : `evaluating ${basename(name)}`;
    let evaluation = await evaluationPhase(
      { label, trials, attempt, concurrency, keepsEpisodes, abandons, ...shared },
      destination,
    );
    if (rVes > 0 && !signal.aborted) {
      const timing = { iterations: rVes, timeoutMs: env.answerTimeoutMs, ...shared };
      evaluation = await timingPhase(evaluation, pool, timing, destination);
    }
    if (!signal.aborted) storeMeasures(evaluation, destination);
    ended(signal.aborted ? "interrupted" : "finished");
    const { device } = contestant.identity.policy;
    const usage = meter?.text() ?? null;
    return { name, runId, evaluation, total: trials.length, usage, device };
  } catch (error) {
    ended("failed");
    console.error(`What was found is stored; go on with: ${resumeCommand(store, runId)}`);
    throw error;
  }
}

/** A new run, or the stopped one after it was seen to be of the same identity. */
async function startedRun(command: Command, contestant: Contestant): Promise<number> {
  const { argv, flags, store, arena, resumedRun } = command;
  const identity = await runIdentity(arena, contestant, flags.values);
  if (resumedRun === null) {
    const { engine, endpoint, run } = flags.values;
    const settings = run.policy === "openai" ? { endpoint } : { engine };
    return store.startRun({
      kind: "eval",
      command: commandLine("eval", argv),
      options: {
        ...{ argv, run, ...settings, environment: contestant.env },
        predictions: contestant.predictions,
      },
      seed: run.seed,
      commit: await sourceCommit(),
      dataSet: `${run.data} ${arena.dataset.split}`,
      algorithm: null,
      identity,
    });
  }
  const difference = firstDifference(store.run(resumedRun).identity, identity);
  if (difference !== null) {
    throw new RangeError(
      `Cannot resume run ${resumedRun} as all that its numbers depend on must be as it was: ${difference}`,
    );
  }
  store.reopenRun(resumedRun);
  return resumedRun;
}

const resumeCommand = (store: RunStore, runId: number): string =>
  nextCommand(store.file.path, "eval", "--resume", `${runId}`);

const exportCommand = (store: RunStore, runId: number): string =>
  nextCommand(store.file.path, "export", `${runId}`, "--format", "csv");

function printResult(result: Result, { arena, flags, store }: Printed): void {
  const { name, runId, evaluation, total, usage, device } = result;
  const { details, data } = flags.values.run;
  const title = `${name} on ${data} ${arena.dataset.split}`;
  console.log(evaluationText(title, evaluation, outputStyle(), { details }));
  if (usage !== null) console.log(usage);
  if (device !== undefined) console.log(`Ran with ${device}`);
  const done = evaluation.verdicts.length;
  const unit = total === arena.examples.length ? "questions" : "attempts";
  console.log(
    done < total
      ? `Stopped after ${done} of ${total} ${unit}; go on with: ${resumeCommand(store, runId)}`
      : `Stored as run ${runId}; question by question: ${exportCommand(store, runId)}`,
  );
}

function printComparison(
  results: readonly Result[],
  { arena, flags: { values }, store }: Printed,
): void {
  const rows = results.map(({ name, runId, evaluation }) => ({
    ...{ name: basename(name), runId },
    measures: evaluation.summary.measures,
  }));
  console.log(`${values.run.data} ${arena.dataset.split}, values with 95 % intervals`);
  console.log(contestantsTable(rows, outputStyle()));
  console.log(`Question by question: ${exportCommand(store, rows[0].runId)}`);
}

/** The document that `finestep export` gives; a list of them for several files. */
async function printJson(store: RunStore, results: readonly Result[]): Promise<void> {
  // Loaded when needed: its schema takes a while.
  const { json } = await import("../reports/export/json.ts");
  const documents = results.map(({ runId, evaluation: { verdicts, summary } }) => {
    const metrics = measuresOf(summary, "eval");
    const usage = usageOf(store.file, runId);
    return json({ run: store.run(runId), phase: "eval", metrics, verdicts, usage }).trimEnd();
  });
  console.log(documents.length === 1 ? documents[0] : `[\n${documents.join(",\n")}\n]`);
}

async function writeVerdicts({ values }: EvalFlags, evaluation: Evaluation): Promise<void> {
  const { verdicts: path } = values.run;
  if (path) await writeWhole(path, [verdictsJson(evaluation)]);
}

function warn(warning: string): void {
  console.error(`warning: ${warning}`);
}
