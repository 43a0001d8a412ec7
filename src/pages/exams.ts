/**
 * Puts stored evaluations together that can be compared.
 *
 * @module
 */

import { examOf } from "../leaderboard/row.ts";
import { firstDifference } from "../store/identity.ts";
import type { Run } from "../store/run_store.ts";
import type { Attempted, Exam, ExamForm } from "./report.ts";

/** One phase of a stored run that evaluates. */
export interface StoredEvaluation extends Attempted {
  readonly run: Run;
}

/**
 * The exams of evaluations, in the order of their first runs. Of two evaluations of one variant and seed
 * in one exam the later counts: they say the same.
 */
export function examsOf(evaluations: readonly StoredEvaluation[]): Exam[] {
  const groups = [...Map.groupBy(evaluations, (one) => JSON.stringify(identityOf(one))).values()];
  return groups.map((group, index) => {
    const once = new Map(group.map((one) => [JSON.stringify([one.variant, one.seed]), one]));
    const n = new Set(group[0].verdicts.map(({ exampleId }) => exampleId)).size;
    return {
      name: nameOf(groups, index),
      form: formOf(group[0]),
      n,
      attempted: [...once.values()],
    };
  });
}

/** What must agree for two evaluations to be compared. */
function identityOf({ run, verdicts }: StoredEvaluation): unknown {
  if (run.identity) return examOf(run.identity);
  return { held: run.dataSet, ids: verdicts.map(({ exampleId }) => exampleId) };
}

function formOf({ run: { dataSet, identity } }: StoredEvaluation): ExamForm {
  const name = dataSet.split("/").at(-1)!;
  // A training evaluates greedily on the questions that it holds out.
  if (!identity) return { dataSet: name, split: "held out", temperature: 0, samples: 1 };
  const { dataSet: { split }, temperature, samples } = identity;
  return { dataSet: name.replace(new RegExp(` ${split}$`), ""), split, temperature, samples };
}

/** The exam's name, with its first difference from one of the same name before it. */
function nameOf(groups: readonly (readonly StoredEvaluation[])[], index: number): string {
  const own = groups[index][0];
  const name = plainName(own);
  const twin = groups.slice(0, index).find(([other]) => plainName(other) === name);
  if (!twin) return name;
  return `${name} (${firstDifference(identityOf(twin[0]), identityOf(own)) ?? index + 1})`;
}

function plainName(evaluation: StoredEvaluation): string {
  const { dataSet, split, temperature, samples } = formOf(evaluation);
  if (evaluation.run.identity?.prompt === null) return `${dataSet} ${split}, answers from a file`;
  const attempts = samples === 1 ? "1 attempt each" : `${samples} attempts each`;
  const how = temperature === 0
    ? "greedy"
    : temperature === 1
    ? `as in training, ${attempts}`
    : `temperature ${temperature}, ${attempts}`;
  return `${dataSet} ${split}, ${how}`;
}
