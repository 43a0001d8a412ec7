/**
 * `finestep watch`: a run as it goes on, drawn on the terminal or told line by line. It only reads the
 * store.
 *
 * @module
 */

import { setTimeout as delay } from "node:timers/promises";
import { file, option } from "../config/option.ts";
import type { Style } from "../reports/style.ts";
import { stepLine } from "../reports/train_report.ts";
import { evaluationLine } from "../reports/watch_evaluation.ts";
import { type FrameSize, watchFrame } from "../reports/watch_frame.ts";
import { endText, trainingOptions } from "../reports/watch_progress.ts";
import type { WatchedRun } from "../reports/watch_snapshot.ts";
import { cut } from "../reports/watch_text.ts";
import { DEFAULT_STORE_PATH } from "../store/run_store.ts";
import { parseFlags, UsageError } from "./args.ts";
import { INTERRUPTED } from "./interrupt.ts";
import { Screen } from "./screen.ts";
import { outputStyle, terminalSize } from "./terminal.ts";
import { WatchReader } from "./watch_reader.ts";

export const TABLES = {
  options: {
    store: file(DEFAULT_STORE_PATH, "the SQLite file of runs", "ours"),
    once: option(false, "print one frame and end", "ours"),
    interval: option(250, "time between two looks at the store, in ms", "ours", {
      range: [20, 3_600_000],
    }),
  },
};

export const HELP = {
  usage: "finestep watch [run]",
  summary:
    "Shows a run as it goes on, the newest one when none is named: progress, curves and last\n" +
    "trajectories on a terminal (q quits), a line for each train step elsewhere.",
};

/** Of a frame that is printed where there is no terminal. */
const PRINTED_SIZE: FrameSize = { columns: 100, rows: 40 };

/** Ctrl-C, which comes as a character here. */
const CTRL_C = "\x03";

/** What is watched, and how often. */
interface Watch {
  readonly reader: WatchReader;
  /** Null for the newest run. */
  readonly runId: number | null;
  readonly path: string;
  readonly intervalMs: number;
  readonly style: Style;
}

/**
 * Watches a run until it ends, or until somebody has seen enough.
 *
 * @returns The exit code; 130 after Ctrl-C.
 * @throws {UsageError} If the command line is not one of this command.
 * @throws {RangeError} If there is no such run.
 */
export async function run(argv: readonly string[]): Promise<number> {
  const { values, positionals, json } = parseFlags(argv, TABLES);
  const runId = wantedId(positionals);
  if (json) {
    throw new UsageError(
      'Cannot watch as JSON as a frame is for people: "finestep runs ID --json" is for programs',
    );
  }
  const { store: path, once, interval: intervalMs } = values.options;
  using reader = new WatchReader(path);
  const watch = { reader, runId, path, intervalMs, style: outputStyle() };
  if (once) return printFrame(watch);
  return Deno.stdout.isTerminal() ? await onScreen(watch) : await inLines(watch);
}

function wantedId(positionals: readonly string[]): number | null {
  if (positionals.length === 0) return null;
  if (positionals.length === 1 && /^\d+$/.test(positionals[0])) return Number(positionals[0]);
  throw new UsageError(
    `Cannot watch a run as its id must be one number: current value is ${positionals.join(" ")}`,
  );
}

function printFrame({ reader, runId, path, style }: Watch): number {
  const snapshot = reader.read(runId);
  if (snapshot === null) throw new Error(`Cannot watch as there is no run in the store: ${path}`);
  const size = Deno.stdout.isTerminal() ? terminalSize() : PRINTED_SIZE;
  // The prompt of a shell needs the last line.
  const lines = watchFrame(snapshot, { ...size, rows: size.rows - 1 }, style);
  console.log(lines.map((line) => line.trimEnd()).join("\n"));
  return 0;
}

/** Draws until somebody quits; a run that has ended stays to be seen. */
async function onScreen(watch: Watch): Promise<number> {
  const end = Promise.withResolvers<number>();
  const interrupt = () => end.resolve(INTERRUPTED);
  const signals = ["SIGINT", "SIGTERM"] as const;
  signals.forEach((signal) => Deno.addSignalListener(signal, interrupt));
  using screen = new Screen((keys) => {
    if (keys.includes(CTRL_C)) interrupt();
    else if (/q/i.test(keys)) end.resolve(0);
  });
  try {
    for (;;) {
      screen.draw(screenLines(watch, screen.size));
      const code = await within(watch.intervalMs, end.promise);
      if (code !== null) return code;
    }
  } finally {
    signals.forEach((signal) => Deno.removeSignalListener(signal, interrupt));
  }
}

function screenLines({ reader, runId, path, style }: Watch, { columns, rows }: FrameSize) {
  const snapshot = reader.read(runId);
  const lines = snapshot
    ? watchFrame(snapshot, { columns, rows: rows - 1 }, style)
    : ["Waiting for a run: none is stored yet"];
  const blank = Array.from({ length: Math.max(0, rows - 1 - lines.length) }, () => "");
  return [...lines, ...blank, cut(`q quits; ${path}`, columns, style)];
}

/** What the promise gives; null when it gives nothing in time. */
async function within<T>(ms: number, promise: Promise<T>): Promise<T | null> {
  const { promise: timeout, resolve } = Promise.withResolvers<null>();
  const timer = setTimeout(() => resolve(null), ms);
  try {
    return await Promise.race([promise, timeout]);
  } finally {
    clearTimeout(timer);
  }
}

/** A line for each evaluation and train step as it is done, until the run has ended. */
async function inLines({ reader, runId, intervalMs, style }: Watch): Promise<number> {
  let [id, told] = [runId, 0];
  for (;;) {
    const watched = reader.read(id)?.watched;
    if (watched) {
      // The newest run at first is the one until it ends.
      id = watched.run.id;
      const lines = linesOf(watched, style);
      lines.slice(told).forEach((line) => console.log(line));
      told = lines.length;
      if (watched.run.status !== "running") return 0;
    }
    await delay(intervalMs);
  }
}

/** All that there is to say of a run so far, in the order in which it came. */
function linesOf(watched: WatchedRun, style: Style): string[] {
  const { run, steps, evaluations } = watched;
  const evaluated = (...phases: string[]) =>
    evaluations.filter(({ phase, isComplete }) => isComplete && phases.includes(phase))
      .map((evaluation) => evaluationLine(evaluation, style));
  const isOver = run.status !== "running";
  return [
    ...evaluated("before"),
    ...steps.map(({ trainStep, metrics }, s) => {
      const left = s === steps.length - 1 && !isOver ? endText(watched) : "";
      return stepLine(trainStep, trainingOptions(run).trainSteps, metrics, left).trimEnd();
    }),
    ...evaluated("after", "eval"),
    ...isOver ? [`run ${run.id} ${endText(watched)}`] : [],
  ];
}
