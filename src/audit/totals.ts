/**
 * What all trajectories of an audit together show, with 95% intervals over groups.
 *
 * @module
 */

import {
  isRedundant,
  REDUNDANCY_CATEGORIES,
  type RedundancyClass,
} from "../evaluation/redundancy.ts";
import { type BootstrapOptions, bootstrapRates } from "../evaluation/statistics.ts";
import type { AuditedTrace } from "./audit.ts";

/** A measured number with its 95% interval and the number of groups that say something of it. */
export interface AuditMeasure {
  readonly name: MeasureName;
  readonly value: number;
  /** Null where one group alone says something, as it says nothing of others. */
  readonly low: number | null;
  readonly high: number | null;
  readonly n: number;
}

/** A part of a whole: what one trajectory adds to a measure. */
type Part = readonly [numerator: number, denominator: number];

const BASIC_PARTS = {
  /** Right answers over trajectories whose outcome is known. */
  ex: ({ outcome }: AuditedTrace): Part => [outcome ?? 0, outcome === null ? 0 : 1],
  /** RTR: redundant calls over calls. */
  redundant_tool_calls: ({ redundancy: { calls } }: AuditedTrace): Part => [
    calls.filter(isRedundant).length,
    calls.length,
  ],
  /** Calls over trajectories. */
  tool_calls: ({ redundancy: { calls } }: AuditedTrace): Part => [calls.length, 1],
  /** Calls after the one that determined the answer, over trajectories in which one did. */
  excess_steps: ({ redundancy: { excessSteps } }: AuditedTrace): Part => [
    excessSteps ?? 0,
    excessSteps === null ? 0 : 1,
  ],
  /** Calls that failed over calls. */
  failed_tool_calls: ({ redundancy: { calls } }: AuditedTrace): Part => [
    calls.filter(({ hasFailed }) => hasFailed).length,
    calls.length,
  ],
  /** Mean advantage of redundant calls. */
  advantage_redundant: (trace: AuditedTrace): Part => advantagePart(trace, true),
  /** Mean advantage of all other calls. */
  advantage_other: (trace: AuditedTrace): Part => advantagePart(trace, false),
};

/** Name of a measure; a class is calls of the class over calls, counted once by category R1 to R6. */
export type MeasureName = keyof typeof BASIC_PARTS | RedundancyClass;

const PARTS: Readonly<Record<MeasureName, (trace: AuditedTrace) => Part>> = {
  ...BASIC_PARTS,
  ...byName(REDUNDANCY_CATEGORIES, (name) => ({ redundancy: { calls } }) => [
    calls.filter(({ category }) => category === name).length,
    calls.length,
  ]),
  ...byName(["R4Lenient", "R5b"], classPart),
  // Without the gold result nothing is said, not that no call has the class.
  R6Oracle: (trace) => trace.hasGold ? classPart("R6Oracle")(trace) : [0, 0],
};

/** All measures, in the order of a report. */
export const MEASURE_NAMES = Object.keys(PARTS) as readonly MeasureName[];

/**
 * Each measure as a ratio of sums over groups, bootstrapped over groups: attempts at one question are
 * not independent. Measures of which no group says anything are left out.
 */
export function totals(
  traces: readonly AuditedTrace[],
  options: BootstrapOptions,
): AuditMeasure[] {
  const groups = [...Map.groupBy(traces, ({ group }) => group).values()];
  const measured = MEASURE_NAMES.map((name) => ({ name, sums: sumsOf(name, groups) }))
    .map(({ name, sums }) => ({ name, sums, n: sums.denominators.filter((d) => d > 0).length }))
    .filter(({ n }) => n > 0);
  const estimates = bootstrapRates(measured.map(({ sums }) => sums), options);
  return measured.map(({ name, n }, i) => {
    const { estimate, low, high } = estimates[i];
    return { name, value: estimate, ...n > 1 ? { low, high } : { low: null, high: null }, n };
  });
}

function sumsOf(name: MeasureName, groups: readonly (readonly AuditedTrace[])[]) {
  const sum = (part: 0 | 1) =>
    Float64Array.from(
      groups,
      (traces) => traces.reduce((total, trace) => total + PARTS[name](trace)[part], 0),
    );
  return { numerators: sum(0), denominators: sum(1) };
}

function classPart(name: RedundancyClass) {
  return ({ redundancy: { calls } }: AuditedTrace): Part => [
    calls.filter(({ classes }) => classes.includes(name)).length,
    calls.length,
  ];
}

function advantagePart({ credit, redundancy }: AuditedTrace, ofRedundant: boolean): Part {
  if (credit.compared === null) return [0, 0];
  const { advantages } = credit.compared;
  const calls = redundancy.calls.filter((call) => isRedundant(call) === ofRedundant);
  return [calls.reduce((sum, { step }) => sum + advantages[step], 0), calls.length];
}

function byName<K extends string>(
  names: readonly K[],
  partOf: (name: K) => (trace: AuditedTrace) => Part,
) {
  return Object.fromEntries(names.map((name) => [name, partOf(name)])) as Record<
    K,
    (trace: AuditedTrace) => Part
  >;
}
