/**
 * A row of the leaderboard for a model's page on Hugging Face: the `model-index` of a model card
 * (huggingface_hub's `ModelCard`), and the entries of `.eval_results/*.yaml` (its `EvalResultEntry`).
 *
 * Both are YAML, which JSON is a part of.
 *
 * @module
 */

import type { Row, Score } from "../../leaderboard/schema.ts";
import { examName } from "../leaderboard_table.ts";
import { estimateText, measureOf, MEASURES } from "../measures.ts";
import { MARKDOWN } from "../style.ts";
import { table } from "../table.ts";

/** What only the one who exports can tell. */
export interface ModelIndexFacts {
  /** Id of the data set on Hugging Face, `owner/name`; null where it is not there. */
  readonly datasetId: string | null;
  /** Where the results can be looked up; null for nowhere. */
  readonly sourceUrl: string | null;
}

/** A model card: front matter with the results, and a table of them. */
export function modelCard(row: Row, facts: ModelIndexFacts): string {
  const index = { "model-index": [{ name: row.name, results: [result(row, facts)] }] };
  const rows = scores(row).map(([name, score]) => [
    measureOf(name).isRate ? `${measureOf(name).label}, %` : measureOf(name).label,
    estimateText(name, score, MARKDOWN),
  ]);
  return [
    "---",
    JSON.stringify(index, null, 2),
    "---",
    "",
    `# ${row.name}`,
    "",
    `${examName(row)}: ${
      notes(row)
    }, with 95 % intervals. Row \`${row.id}\` of finestep's leaderboard.`,
    "",
    table([{ heading: "measure" }, { heading: "value", align: "right" }], rows, MARKDOWN),
    "",
  ].join("\n");
}

/**
 * The entries of `.eval_results/*.yaml`, of which Hugging Face shows EX beside that of other models.
 *
 * @throws {RangeError} If the data set's id is not `owner/name`.
 */
export function evalResults(row: Row, { datasetId, sourceUrl }: ModelIndexFacts): string {
  if (!/^[\w.-]+\/[\w.-]+$/.test(datasetId ?? "")) {
    throw new RangeError(
      `Cannot write .eval_results as a data set's id must be owner/name: current value is ${datasetId}`,
    );
  }
  const entry = {
    dataset: { id: datasetId, task_id: row.exam.dataSet.split },
    value: shown("ex", row.measures.ex.value),
    date: row.date,
    ...source(sourceUrl),
    notes: `${examName(row)}, ${notes(row)}`,
  };
  return `${JSON.stringify([entry], null, 2)}\n`;
}

function result(row: Row, { datasetId, sourceUrl }: ModelIndexFacts) {
  const { exam, dataSet } = row;
  return {
    task: { type: "text-generation", name: "Text-to-SQL" },
    dataset: {
      type: datasetId ?? dataSet,
      name: `${dataSet} ${exam.dataSet.split}`,
      split: exam.dataSet.split,
      args: {
        questions: exam.questions.evaluated,
        questions_sha256: exam.dataSet.questionsSha256,
        databases_sha256: exam.dataSet.databasesSha256,
        temperature: exam.temperature,
        samples: exam.samples,
      },
    },
    metrics: scores(row).map(([name, score]) => metric(name, score, row)),
    ...source(sourceUrl),
  };
}

/** In the order in which reports have them. */
function scores({ measures }: Row): [string, Score][] {
  const known = Object.keys(MEASURES).filter((name) => Object.hasOwn(measures, name));
  return known.map((name) => [name, measures[name]]);
}

function metric(name: string, { value, low, high, n }: Score, { runs }: Row) {
  const { label, isRate } = measureOf(name);
  const interval = low === null || high === null
    ? {}
    : { low: shown(name, low), high: shown(name, high), confidence: 0.95 };
  return {
    // Hugging Face's own metrics have no execution accuracy.
    type: name === "ex" ? "execution_accuracy" : name,
    name: isRate ? `${label}, %` : label,
    value: shown(name, value),
    args: { ...interval, n, seeds: runs.length },
  };
}

function source(url: string | null) {
  return url === null ? {} : { source: { name: "finestep leaderboard", url } };
}

function notes({ measures: { ex }, runs, commit }: Row): string {
  const seeds = runs.length === 1 ? "1 seed" : `${runs.length} seeds`;
  return `n = ${ex.n}, ${seeds}${commit ? `, commit ${commit}` : ""}`;
}

/** Percent for a rate, with two decimals. */
function shown(name: string, value: number): number {
  return Number((measureOf(name).isRate ? 100 * value : value).toFixed(2));
}
