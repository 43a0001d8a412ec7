/**
 * The live view of a run: all that fits a terminal of some size, most wanted first.
 *
 * @module
 */

import type { Run } from "../store/run_store.ts";
import { colored, type Style } from "./style.ts";
import { curveLines, timeLine } from "./watch_curves.ts";
import { evaluationLine, outcomesLine } from "./watch_evaluation.ts";
import { endText, progressBar, progressOf, progressText } from "./watch_progress.ts";
import type { WatchedRun, WatchSnapshot } from "./watch_snapshot.ts";
import { cellWidth, cut, filled, oneLine } from "./watch_text.ts";
import { trajectoryHeading, trajectoryLines } from "./watch_trajectory.ts";

/** The cells of a terminal. */
export interface FrameSize {
  readonly columns: number;
  readonly rows: number;
}

/** From here on there is room for blank lines between the parts, and for more options. */
const ROOMY_ROWS = 32;

/** Rows that a bar of progress and the list of running runs may take. */
const BAR_WIDTH = 20;
const MAX_RUNNING = { tight: 4, roomy: 8 };

/** Training and credit options by which runs differ, beside the algorithm. */
const TRAINING_OPTIONS = ["groupsPerStep", "groupSize", "learningRate", "schedule"];

/**
 * The lines of a frame: at most `rows`, each of at most `columns` cells.
 *
 * @param size Made for 80 x 24 and up; a smaller one is filled from the top.
 */
export function watchFrame(snapshot: WatchSnapshot, size: FrameSize, style: Style): string[] {
  const { watched, running, trajectories } = snapshot;
  const { columns, rows } = size;
  const isRoomy = rows >= ROOMY_ROWS;
  const parts = [
    headerLines(watched, size, style),
    runningLines(watched.run, running, size, style),
    evaluationLines(watched, columns, style),
    watched.steps.length === 0 ? [] : [
      ...curveLines(watched.steps, columns, style),
      cut(timeLine(watched.steps), columns, style),
    ],
  ].filter((part) => part.length > 0);
  const lines = parts.flatMap((part, p) => isRoomy && p > 0 ? ["", ...part] : part);
  const room = rows - lines.length - Number(isRoomy);
  const last = lastTrajectories(trajectories, { columns, rows: room }, style);
  return [...lines, ...isRoomy && last.length > 0 ? [""] : [], ...last].slice(0, rows);
}

function headerLines(watched: WatchedRun, { columns, rows }: FrameSize, style: Style): string[] {
  const { run } = watched;
  const progress = progressOf(watched);
  const bar = progressBar(progress, BAR_WIDTH, style);
  const state = [progressText(progress), bar].filter((part) => part !== "").join("  ");
  const name = `run ${run.id}: ${nameOf(run)}, seed ${run.seed}, ${run.dataSet}`;
  const options = oneLine(optionsText(run));
  const optionRows = rows >= ROOMY_ROWS ? 3 : 1;
  return [
    spread(name, run.commit ? `commit ${run.commit}` : "", columns, style),
    spread(state, endText(watched), columns, style),
    ...wrapped(options, columns, optionRows, style),
  ].map((line, l) => l === 0 ? colored(line, "bold", style) : line);
}

/** What a run trains, or evaluates: the end of a path says more than its beginning. */
function nameOf({ algorithm, identity, kind }: Run): string {
  return oneLine(algorithm ?? identity?.policy.name.split("/").slice(-2).join("/") ?? kind);
}

/** Text on the left, and on the right as much as there is room for. */
function spread(left: string, right: string, columns: number, style: Style): string {
  const shown = cut(right, columns >> 1, style);
  return `${filled(left, columns - cellWidth(shown) - 1, style)} ${shown}`;
}

function optionsText({ kind, options, identity }: Run): string {
  const { training, credit, rewards } = options as Record<string, Record<string, unknown>>;
  if (kind === "train") {
    const chosen = TRAINING_OPTIONS.map((name) => [name, training?.[name]] as const);
    return [...chosen, ...Object.entries({ ...credit, ...rewards })]
      .flatMap(([name, value]) => value === undefined ? [] : `${name}=${value}`).join(" ");
  }
  if (!identity) return "";
  const { temperature, samples, limits: { maxTurns }, prompt, questions } = identity;
  return [
    `questions=${questions.evaluated} attempts=${samples} temperature=${temperature}`,
    `maxTurns=${maxTurns} prompt=${prompt?.template ?? "none"}`,
    ...questions.filter === "" ? [] : [`filter=${questions.filter}`],
  ].join(" ");
}

/** Words in at most `rows` lines; the last one is cut. */
function wrapped(text: string, columns: number, rows: number, style: Style): string[] {
  if (rows <= 1 || cellWidth(text) <= columns) {
    return text === "" ? [] : [cut(text, columns, style)];
  }
  const end = text.lastIndexOf(" ", columns);
  if (end <= 0) return [cut(text, columns, style)];
  return [text.slice(0, end), ...wrapped(text.slice(end + 1), columns, rows - 1, style)];
}

/** A line for each run that goes on, where it is not the only one. */
function runningLines(
  watched: Run,
  running: readonly WatchedRun[],
  { columns, rows }: FrameSize,
  style: Style,
): string[] {
  if (running.every(({ run }) => run.id === watched.id)) return [];
  const most = rows >= ROOMY_ROWS ? MAX_RUNNING.roomy : MAX_RUNNING.tight;
  const shown = running.slice(-most);
  const heading = `${running.length} runs under way` +
    (shown.length < running.length ? `, the last ${shown.length}` : "");
  return [
    colored(cut(heading, columns, style), "bold", style),
    ...shown.map((one) => runningLine(one, watched.id, columns, style)),
  ];
}

function runningLine(one: WatchedRun, watched: number, columns: number, style: Style): string {
  const { run, steps, evaluations } = one;
  const ex = steps.at(-1)?.metrics["env/ex"] ?? evaluations.at(-1)?.ex.value;
  const left = [
    `${run.id === watched ? ">" : " "} ${String(run.id).padStart(4)}`,
    filled(nameOf(run), 18, style),
    `seed ${String(run.seed).padEnd(3)}`,
    ex === undefined ? " ".repeat(8) : `EX ${(100 * ex).toFixed(1).padStart(5)}`,
    ` ${progressText(progressOf(one))}`,
  ].join(" ");
  return spread(left, endText(one), columns, style);
}

function evaluationLines(watched: WatchedRun, columns: number, style: Style): string[] {
  return watched.evaluations.flatMap((evaluation) => [
    evaluationLine(evaluation, style),
    // Of a training run the curves say more.
    ...watched.run.kind === "eval" ? [outcomesLine(evaluation)] : [],
  ]).map((line) => cut(line, columns, style));
}

/** As many trajectories as fit; where not even one does, the beginning of one. */
function lastTrajectories(
  trajectories: WatchSnapshot["trajectories"],
  { columns, rows }: FrameSize,
  style: Style,
): string[] {
  if (trajectories.length === 0 || rows < 3) return [];
  const [{ record: { phase, trainStep } }] = trajectories;
  const when = trainStep === null ? phase : `step ${trainStep + 1}`;
  const lines = [trajectoryHeading(`last trajectories (${when})`, columns, style)];
  for (const trajectory of trajectories) {
    const next = trajectoryLines(trajectory, columns, style);
    if (lines.length > 1 && lines.length + next.length > rows) break;
    lines.push(...next);
  }
  return lines.slice(0, rows);
}
