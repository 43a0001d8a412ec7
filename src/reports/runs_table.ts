/**
 * The store's runs as a table, and one run as a page of text.
 *
 * @module
 */

import type { Metric, Phase, Run } from "../store/run_store.ts";
import { evaluationTable, type Measured } from "./evaluation_table.ts";
import { estimateText } from "./measures.ts";
import type { Style } from "./style.ts";
import { table } from "./table.ts";

/** A run with its metrics. */
export interface RunRecord {
  readonly run: Run;
  readonly metrics: readonly Metric[];
}

/** One row for each run, with EX before and after training, or of the evaluation. */
export function runsTable(records: readonly RunRecord[], style: Style): string {
  const columns = [
    { heading: "run", align: "right" },
    { heading: "started (UTC)" },
    { heading: "kind" },
    { heading: "algorithm or policy" },
    { heading: "data" },
    { heading: "seed", align: "right" },
    { heading: "steps", align: "right" },
    { heading: "verdicts", align: "right" },
    { heading: "status" },
    { heading: "EX before, %", align: "right" },
    { heading: "EX, %", align: "right" },
  ] as const;
  return table(columns, records.map((record) => runRow(record, style)), style);
}

/**
 * One run: what it was, then its evaluations.
 *
 * @param difference How a training's measures changed.
 */
export function runText(
  { run, metrics }: RunRecord,
  style: Style,
  difference?: Measured,
): string {
  const facts = {
    run: String(run.id),
    command: run.command,
    status: run.status,
    started: run.started,
    finished: run.finished ?? "-",
    commit: run.commit ?? "-",
    data: run.dataSet,
    ...run.algorithm ? { algorithm: run.algorithm } : {},
    ...run.identity ? { policy: run.identity.policy.name } : {},
    seed: String(run.seed),
    ...run.kind === "train" ? { "train steps": String(run.trainStepCount) } : {},
    verdicts: String(run.verdictCount),
    episodes: String(run.episodeCount),
  };
  const width = Math.max(...Object.keys(facts).map((name) => name.length));
  const lines = Object.entries(facts).map(([name, text]) => `${name.padEnd(width)}  ${text}`);
  const evaluation = runEvaluation(metrics, style, difference);
  return [...lines, ...(evaluation ? ["", evaluation] : [])].join("\n");
}

function runRow({ run, metrics }: RunRecord, style: Style): string[] {
  const ex = (...phases: Phase[]) => {
    const metric = metrics.find(({ name, phase }) => name === "ex" && phases.includes(phase));
    return metric ? estimateText("ex", metric, style) : "";
  };
  return [
    String(run.id),
    run.started.slice(0, 16).replace("T", " "),
    run.kind,
    run.algorithm ?? run.identity?.policy.name ?? "",
    run.dataSet,
    String(run.seed),
    run.kind === "train" ? String(run.trainStepCount) : "",
    String(run.verdictCount),
    run.status,
    ex("before"),
    ex("after", "eval"),
  ];
}

function runEvaluation(
  metrics: readonly Metric[],
  style: Style,
  difference?: Measured,
): string | null {
  const measured = (phase: Phase): Measured =>
    Object.fromEntries(
      metrics.filter((metric) => metric.phase === phase).map((metric) => [metric.name, metric]),
    );
  if (metrics.some(({ phase }) => phase === "eval")) {
    return evaluationTable(measured("eval"), null, style);
  }
  const before = measured("before");
  const after = measured("after");
  if (Object.keys(after).length === 0) {
    return Object.keys(before).length === 0 ? null : evaluationTable(before, null, style);
  }
  return evaluationTable(before, { after, difference }, style);
}
