/**
 * An evaluation for a README or a pull request: its numbers, and what they depend on.
 *
 * @module
 */

import { breakdown, disagreements } from "../../evaluation/breakdown.ts";
import type { RunIdentity } from "../../store/identity.ts";
import { breakdownTable, dimensions } from "../breakdown_table.ts";
import { disagreementTable } from "../disagreement_table.ts";
import { withoutIdleRows } from "../evaluation_report.ts";
import { evaluationTable } from "../evaluation_table.ts";
import { type ExportedRun, partialText } from "../exported_run.ts";
import { outcomeTable } from "../outcome_table.ts";
import { MARKDOWN } from "../style.ts";

/** Tables of measures, EX by difficulty, outcomes, and where EX and strict EX differ. */
export function markdown(exported: ExportedRun): string {
  const { run, metrics, verdicts } = exported;
  const parts = breakdown(verdicts);
  const { right, n } = parts.total;
  const partial = partialText(exported);
  const byDifficulty = dimensions(parts).filter(({ name }) => name === "difficulty");
  return [
    `## ${title(exported)}`,
    `${right} of ${n} right.${partial ? ` **Partial: ${partial}.**` : ""}`,
    evaluationTable(
      withoutIdleRows(Object.fromEntries(metrics.map((metric) => [metric.name, metric]))),
      null,
      MARKDOWN,
    ),
    breakdownTable(byDifficulty, MARKDOWN),
    outcomeTable(verdicts, MARKDOWN),
    disagreementTable(disagreements(verdicts), MARKDOWN),
    facts({
      ...run.identity ? identityFacts(run.identity) : {},
      "run": `${run.id}, ${run.started}${run.commit ? `, commit \`${run.commit}\`` : ""}`,
      "command": `\`${run.command}\``,
    }),
  ].filter((part) => part !== "").join("\n\n") + "\n";
}

function title({ run, phase }: ExportedRun): string {
  const { policy, dataSet } = run.identity ?? {};
  const who = policy?.name ?? `run ${run.id}`;
  const moment = phase === "eval" ? "" : ` (${phase} training)`;
  return `${who} on ${dataSet ? `${dataSet.name} ${dataSet.split}` : run.dataSet}${moment}`;
}

function identityFacts(identity: RunIdentity): Record<string, string> {
  const { dataSet, questions, quarantine, policy, prompt, limits, versions } = identity;
  const short = (hash: string | null) => hash === null ? "" : `, SHA-256 \`${hash.slice(0, 12)}\``;
  const isModel = policy.kind !== "predictions";
  const seconds = (ms: number) => `${ms / 1000} s`;
  return {
    "data": `${dataSet.name} ${dataSet.split}, questions SHA-256 \`${
      dataSet.questionsSha256.slice(0, 12)
    }\`, databases \`${dataSet.databasesSha256.slice(0, 12)}\``,
    "questions": [
      `${questions.evaluated} of ${questions.total}`,
      questions.filter && `filter ${questions.filter}`,
      questions.sample > 0 && `sample of ${questions.sample}, seed ${questions.sampleSeed}`,
      questions.limit > 0 && `the first ${questions.limit}`,
    ].filter(Boolean).join(", "),
    "quarantine": quarantine
      ? `${quarantine.version}, ${quarantine.quarantined} questions`
      : "none",
    "answers": `${policy.kind} ${policy.name}${
      short(policy.modelSha256 ?? policy.predictionsSha256)
    }${policy.match ? `, matched by ${policy.match}` : ""}`,
    ...prompt ? { "prompt": `${prompt.template}${short(prompt.sha256)}` } : {},
    "EX rule": identity.exRule,
    "limits": [
      `${seconds(limits.answerTimeoutMs)} an answer`,
      ...isModel
        ? [`${seconds(limits.toolTimeoutMs)} a tool call`, `${limits.maxTurns} turns`]
        : [],
    ].join(", "),
    "SQLite": `${identity.sqlite}, clock ${identity.now}`,
    ...isModel
      ? { "temperature": String(identity.temperature), "attempts": String(identity.samples) }
      : {},
    "seed": String(identity.seed),
    "made by": `finestep ${versions.finestep}, Deno ${versions.deno}`,
  };
}

function facts(texts: Readonly<Record<string, string>>): string {
  return Object.entries(texts).map(([name, text]) => `- ${name}: ${text}`).join("\n");
}
