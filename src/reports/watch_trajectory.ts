/**
 * A trajectory in a few lines: the question and whether it was answered right, then a line for each
 * step.
 *
 * @module
 */

import { redundancyOf } from "../evaluation/redundancy.ts";
import type { Episode, Message, Step } from "../trajectory/episode.ts";
import { colored, type Style } from "./style.ts";
import type { WatchedTrajectory } from "./watch_snapshot.ts";
import { cellWidth, cut, filled, oneLine } from "./watch_text.ts";

const KIND_WIDTH = 10;

/** Cells of the columns on the right, and of all three with their gaps. */
const RESULT_WIDTH = 24;
const CLASS_WIDTH = 5;
const REWARD_WIDTH = 6;
const RIGHT_WIDTH = RESULT_WIDTH + CLASS_WIDTH + REWARD_WIDTH + 3;

/** The columns' names under a title. */
export function trajectoryHeading(title: string, width: number, style: Style): string {
  return colored(columns(title, ["result", "class", "reward"], width, style), "bold", style);
}

/** The lines of one trajectory. */
export function trajectoryLines(
  { record, process }: WatchedTrajectory,
  width: number,
  style: Style,
): string[] {
  const { episode } = record;
  const classes = new Map(
    redundancyOf(episode).calls.map(({ step, category }) => [step, category]),
  );
  return [
    title(record.isCorrect, episode, width, style),
    ...episode.steps.map((step, s) => {
      const reward = process ? process[s].toFixed(2) : "";
      const left = `  ${`${s + 1} ${kindOf(step)}`.padEnd(KIND_WIDTH)} ${textOf(step)}`;
      const right = [resultText(step.result), classes.get(s) ?? "", reward] as const;
      const line = columns(left, right, width, style);
      const isRefused = step.result === null || step.result.kind !== "rows";
      return isRefused ? colored(line, "red", style) : line;
    }),
  ];
}

function title(isCorrect: boolean, episode: Episode, width: number, style: Style): string {
  const { exampleId, databaseId, finalSql, stopReason, prompt } = episode;
  const verdict = isCorrect ? "right" : finalSql === null ? stopReason.replace("_", " ") : "wrong";
  const rest = `  ${oneLine(exampleId)} ${oneLine(databaseId)}: ${questionOf(prompt)}`;
  return colored(verdict, isCorrect ? "green" : "red", style) +
    cut(rest, width - cellWidth(verdict), style);
}

/** The question stands at the end of the prompt, after the schema. */
function questionOf(prompt: readonly Message[]): string {
  const asked = prompt.findLast(({ role }) => role === "user")?.content ?? "";
  return oneLine(asked.split(/^question:\s*/im).at(-1)!);
}

function kindOf({ action }: Step): string {
  return action.kind === "toolCall" ? "call" : action.kind;
}

/** What the step says to the database, or to another tool, or how it breaks the format. */
function textOf({ action }: Step): string {
  if (action.kind === "violation") return oneLine(action.detail);
  if (action.kind === "toolCall" && action.sql === "") {
    return oneLine(`${action.tool} ${JSON.stringify(action.arguments)}`);
  }
  return oneLine(action.sql);
}

function resultText(result: Step["result"]): string {
  if (result === null) return "";
  if (result.kind !== "rows") return oneLine(`${result.kind}: ${result.message}`);
  const { rows, columns, truncated } = result;
  const count = `${rows.length}${truncated ? "+" : ""}`;
  return `${count} ${rows.length === 1 ? "row" : "rows"} x ${columns.length}`;
}

/** Text on the left, cut to what the three columns on the right leave. */
function columns(
  left: string,
  [result, category, reward]: readonly [string, string, string],
  width: number,
  style: Style,
): string {
  return [
    filled(left, Math.max(0, width - RIGHT_WIDTH), style),
    filled(result, RESULT_WIDTH, style),
    filled(category, CLASS_WIDTH, style),
    reward.padStart(REWARD_WIDTH),
  ].join(" ");
}
