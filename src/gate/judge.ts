/**
 * The verdict on a tree: hard gates, then statistics, then what to do about it.
 *
 * @module
 */

import { firstDifference } from "../store/identity.ts";
import type { Baseline } from "./baseline.ts";
import { compareFrozen } from "./frozen.ts";
import { frozenGate, type HardGate, resultsGate } from "./hard_gates.ts";
import { compareMetrics, type MetricOptions, type MetricReport } from "./metrics.ts";
import { type Verdict, worstOf } from "./verdict.ts";

/** What the gate found, in full. */
export interface GateReport {
  readonly verdict: Verdict;
  readonly gates: readonly HardGate[];
  /** Empty where nothing can be compared. */
  readonly metrics: readonly MetricReport[];
  /** Why baseline and tree cannot be compared: the first difference of their identities; else null. */
  readonly incomparable: string | null;
  /** What a reader should know beside: another machine, another policy. */
  readonly notes: readonly string[];
}

/** A tree as it was found, with the gates that need no baseline. */
export interface Candidate extends Omit<Baseline, "command" | "commit"> {
  readonly gates: readonly HardGate[];
  readonly trajectories: number;
}

/** Judges a tree by a baseline. */
export function judge(
  baseline: Baseline,
  candidate: Candidate,
  options: MetricOptions,
): GateReport {
  const machine = firstDifference(baseline.machine, candidate.machine);
  const policy = firstDifference(baseline.identity.policy, candidate.identity.policy, "policy");
  const seed = firstDifference(baseline.identity.seed, candidate.identity.seed, "seed");
  const incomparable = firstDifference(comparable(baseline), comparable(candidate));
  const gates = [
    ...candidate.gates,
    frozenGate(compareFrozen(baseline.frozen, candidate.frozen), candidate.trajectories),
    resultsGate(
      baseline.attempts,
      candidate.attempts,
      whyOther({ incomparable, policy, seed, machine }),
    ),
  ];
  const metrics = incomparable === null
    ? compareMetrics(baseline.attempts, candidate.attempts, {
      ...options,
      passesUnchanged: policy === null,
    })
    : [];
  return {
    verdict: worstOf([
      ...gates.map(({ isPassed }) => isPassed ? "PASS" : "REGRESSION"),
      ...metrics.map(({ verdict }) => verdict),
      incomparable === null ? "PASS" : "INCONCLUSIVE",
    ]),
    gates,
    metrics,
    incomparable,
    notes: [
      ...(machine === null ? [] : [
        `another kind of machine than the baseline's (${machine}): floating point may choose another token, ` +
        "so changed results alone are no regression",
      ]),
      ...(policy === null ? [] : [`another policy than the baseline's (${policy})`]),
      ...(seed === null ? [] : [`another seed than the baseline's (${seed})`]),
    ],
  };
}

/** What must agree: all but the policy, which is judged, and the seed of its choices. */
function comparable({ identity: { policy: _, seed: __, ...rest } }: Pick<Baseline, "identity">) {
  return rest;
}

/** Why results may differ from the baseline's; null where nothing but code could make them. */
function whyOther(
  { incomparable, policy, seed, machine }: Readonly<
    Record<"incomparable" | "policy" | "seed" | "machine", string | null>
  >,
): string | null {
  if (incomparable !== null) return "they are of another evaluation";
  if (policy !== null) return "the policy is another";
  if (seed !== null) return "the seed is another";
  return machine === null ? null : "the machine is of another kind";
}
