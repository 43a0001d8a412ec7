/**
 * An experiment's tables: what each algorithm reached over its seeds, how FineStep differs from the
 * others, and what that decides.
 *
 * @module
 */

import {
  type Arms,
  claimantOf,
  type DecidedClaim,
  decidedClaims,
  type Decoding,
} from "../evaluation/claims.ts";
import {
  callsWhereSolved,
  type Effect,
  effect,
  type SeedVerdicts,
} from "../evaluation/over_seeds.ts";
import { type Interval, meanAndSd } from "../evaluation/statistics.ts";
import type { MeasureName } from "../evaluation/summary.ts";
import type { Verdict } from "../evaluation/verdict.ts";
import { decisionTables } from "./decision_table.ts";
import { differenceText, measureOf } from "./measures.ts";
import type { Style } from "./style.ts";
import { table } from "./table.ts";

/** One policy's exam. */
export interface BenchResult {
  /** The algorithm, or what is changed of it. */
  readonly variant: string;
  readonly seed: number;
  /** How the policy was trained; null for the one that all begin with. */
  readonly training:
    | { readonly runId: number; readonly trainSteps: number; readonly sampledTokens: number }
    | null;
  /** Run of the evaluation. */
  readonly runId: number;
  readonly exam: {
    readonly split: string;
    /** 0 is greedy, 1 is as in training. */
    readonly temperature: number;
    /** Attempts at each question. */
    readonly samples: number;
  };
  readonly verdicts: readonly Verdict[];
  readonly measures: Readonly<Partial<Record<MeasureName, { readonly value: number }>>>;
}

/** FineStep against another algorithm in one exam. */
export interface Comparison {
  readonly exam: BenchResult["exam"];
  readonly system: string;
  readonly against: string;
  readonly effects: readonly Effect[];
  /** On the questions that both answered right in every attempt of every seed. */
  readonly solvedByBoth: ReturnType<typeof callsWhereSolved>;
}

const SHOWN = ["ex", "redundant_tool_calls", "tool_calls"] as const;

/** Seed of the comparisons' bootstraps. */
const SEED = 1;

/** FineStep against every other variant, and the decisions of docs/decision_rules.md by split. */
export function comparisons(results: readonly BenchResult[]): {
  readonly comparisons: Comparison[];
  readonly decisions: { readonly split: string; readonly claims: DecidedClaim[] }[];
} {
  const system = claimantOf(results.map(({ variant }) => variant));
  if (system === null) return { comparisons: [], decisions: [] };
  return {
    comparisons: examsOf(results).flatMap((one) => compared(system, one)),
    decisions: splitsOf(results).map(({ split, arms }) => ({
      split,
      claims: decidedClaims(arms, system, { seed: SEED }),
    })),
  };
}

/** What each reached, how FineStep differs, and what is decided. */
export function benchTables(results: readonly BenchResult[], style: Style): string {
  const { comparisons: found, decisions } = comparisons(results);
  const blocks = examsOf(results).flatMap(({ exam, variants }) => {
    const own = found.filter((comparison) => comparison.exam === exam);
    const [first] = variants.values();
    return [
      `${examText(exam)} (${questionCount(first)} questions):`,
      reached(variants, style),
      ...own.length === 0 ? [] : [effectTable(own, style), solvedTable(own, style)],
    ];
  });
  return [...blocks, ...decisions.flatMap((one) => decisionTables(one, style))].join("\n");
}

function examText({ split, temperature, samples }: BenchResult["exam"]): string {
  return temperature === 0
    ? `${split}, greedy`
    : `${split}, as in training, ${samples} attempts each`;
}

const questionCount = ([{ verdicts, exam }]: readonly BenchResult[]) =>
  verdicts.length / exam.samples;

type Variants = ReadonlyMap<string, readonly BenchResult[]>;

/** Exams in the order in which they come, each with its variants. */
function examsOf(results: readonly BenchResult[]) {
  const byName = Map.groupBy(results, ({ exam }) => examText(exam));
  return Array.from(byName.values(), (some) => ({
    exam: some[0].exam,
    variants: Map.groupBy(some, ({ variant }) => variant) as Variants,
  }));
}

function splitsOf(results: readonly BenchResult[]): { split: string; arms: Arms }[] {
  const splits = Map.groupBy(results, ({ exam }) => exam.split);
  return Array.from(splits, ([split, some]) => ({
    split,
    arms: { greedy: armsOf(some, "greedy"), sampled: armsOf(some, "sampled") },
  }));
}

function armsOf(results: readonly BenchResult[], decoding: Decoding) {
  const ofDecoding = results.filter(({ exam }) =>
    (exam.temperature === 0) === (decoding === "greedy")
  );
  const variants = Map.groupBy(ofDecoding, ({ variant }) => variant);
  return new Map(Array.from(variants, ([name, some]) => [name, verdictsOf(some)]));
}

const verdictsOf = (results: readonly BenchResult[]): SeedVerdicts =>
  results.map(({ verdicts }) => verdicts);

function compared(
  system: string,
  { exam, variants }: { readonly exam: BenchResult["exam"]; readonly variants: Variants },
): Comparison[] {
  const own = variants.get(system)!;
  return [...variants].filter(([name]) => name !== system).map(([against, results]) => {
    const [before, after] = [verdictsOf(results), verdictsOf(own)];
    return {
      exam,
      system,
      against,
      effects: SHOWN.map((name) => effect(name, before, after, { seed: SEED })),
      solvedByBoth: callsWhereSolved(before, after),
    };
  });
}

/** Mean over seeds, and the standard deviation where there are several. */
function reached(variants: Variants, style: Style): string {
  const rows = Array.from(variants, ([variant, results]) => [
    variant,
    ...SHOWN.map((name) => meanText(name, results, style)),
    String(results.length),
  ]);
  return table(
    [{ heading: "mean over seeds, ± sd" }, ...SHOWN.map(heading), heading("seeds")],
    rows,
    style,
  );
}

function meanText(name: MeasureName, results: readonly BenchResult[], style: Style): string {
  const { mean, sd } = meanAndSd(results.map(({ measures }) => measures[name]!.value));
  const { isRate } = measureOf(name);
  const text = (value: number) => isRate ? (100 * value).toFixed(1) : value.toFixed(2);
  if (sd === null) return text(mean);
  return `${text(mean)} ${style.unicode ? "±" : "+/-"} ${text(sd)}`;
}

/** The differences of each measure, with their three intervals. */
function effectTable(found: readonly Comparison[], style: Style): string {
  const rows = found.flatMap(({ against, effects }) =>
    effects.map((one, index) => [
      index === 0 ? against : "",
      heading(one.measure).heading,
      intervalText(one, one.difference, style),
      one.difference.pValue.toFixed(4),
      one.overSeeds === null ? "" : intervalText(one, one.overSeeds, style),
      intervalText(one, one.byDatabase, style),
    ])
  );
  return table(
    [
      { heading: `${found[0].system} minus` },
      { heading: "measure" },
      { heading: "difference", align: "right" },
      { heading: "p", align: "right" },
      { heading: "over seeds", align: "right" },
      { heading: "by database", align: "right" },
    ],
    rows,
    style,
  );
}

function intervalText(
  { measure, difference, questions }: Effect,
  interval: Interval,
  style: Style,
) {
  const { low, high } = interval;
  return differenceText(measure, { value: difference.estimate, low, high, n: questions }, style);
}

/** What both called where both were right. */
function solvedTable(found: readonly Comparison[], style: Style): string {
  const rows = found.map(({ against, solvedByBoth: { questions, before, after } }) => [
    against,
    String(questions),
    percent(before.redundantToolCalls),
    percent(after.redundantToolCalls),
    before.toolCalls.toFixed(2),
    after.toolCalls.toFixed(2),
  ]);
  const columns = [
    "questions",
    "redundant calls, %",
    `${found[0].system}'s`,
    "calls per question",
    `${found[0].system}'s`,
  ];
  return table(
    [
      { heading: "where both are always right" },
      ...columns.map((heading) => ({
        heading,
        align: "right",
      } as const)),
    ],
    rows,
    style,
  );
}

const percent = (share: number) => (100 * share).toFixed(1);

function heading(name: string) {
  const { label, isRate } = measureOf(name);
  return { heading: isRate ? `${label}, %` : label, align: "right" } as const;
}
