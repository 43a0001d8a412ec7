/**
 * An evaluation as one JSON document; its schema is {@linkcode EVALUATION}.
 *
 * @module
 */

import { breakdown, disagreements } from "../../evaluation/breakdown.ts";
import { dimensions } from "../breakdown_table.ts";
import { type ExportedRun, partialText } from "../exported_run.ts";
import { EVALUATION_FORMAT } from "./schema.ts";

/** Indented but for verdicts, of which each has a line of its own. */
export function json(exported: ExportedRun): string {
  const { verdicts, ...rest } = document(exported);
  const head = JSON.stringify(rest, null, 2).slice(0, -"\n}".length);
  const lines = verdicts.map((verdict) => `    ${JSON.stringify(verdict)}`);
  return `${head},\n  "verdicts": [\n${lines.join(",\n")}\n  ]\n}\n`;
}

function document(exported: ExportedRun) {
  const { run, phase, metrics, verdicts, usage = {} } = exported;
  const parts = breakdown(verdicts);
  return {
    schema: EVALUATION_FORMAT,
    run: {
      id: run.id,
      kind: run.kind,
      phase,
      command: run.command,
      commit: run.commit,
      started: run.started,
      finished: run.finished,
      status: run.status,
      partial: partialText(exported),
    },
    identity: run.identity,
    metrics,
    ...Object.keys(usage).length > 0 ? { usage } : {},
    breakdown: Object.fromEntries(
      dimensions(parts).map(({ name, groups }) => [
        name,
        groups.map(([group, { right, n, low, high }]) => ({
          group,
          right,
          n,
          ex: right / n,
          low: low / 100,
          high: high / 100,
        })),
      ]),
    ),
    outcomes: Object.fromEntries(
      Array.from(parts.outcomes, ([outcome, { count }]) => [outcome, count]),
    ),
    disagreements: disagreements(verdicts).rows,
    verdicts,
  };
}
