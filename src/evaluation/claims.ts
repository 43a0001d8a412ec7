/**
 * What an experiment is to decide: claims on FineStep against another algorithm, by the rules of
 * docs/decision_rules.md, which were written before the runs.
 *
 * @module
 */

import { type Effect, effect, type SeedVerdicts } from "./over_seeds.ts";
import {
  type BootstrapOptions,
  type Decision,
  decision,
  detectableDifference,
  holm,
  type Interval,
  meanAndSd,
  seedsNeeded,
} from "./statistics.ts";
import type { MeasureName } from "./summary.ts";

/** Seeds of each algorithm that the rules ask for. */
export const SEEDS_NEEDED = 5;

/** How answers are sampled in an evaluation. */
export type Decoding = "greedy" | "sampled";

/** One thing that a claim says of a measure. */
export interface Part {
  readonly measure: MeasureName;
  readonly better: "higher" | "lower";
  /** The loss that is allowed; below 0 the gain that is claimed. */
  readonly margin: number;
  /** What the other's rate is multiplied by. */
  readonly share: number;
  /** Whether the p-value is adjusted for the other claims and decides as well. */
  readonly isAdjusted: boolean;
}

/** A claim on FineStep against another algorithm. */
export interface Claim {
  readonly name: string;
  /** Whether it is decided on one greedy attempt a question, or on attempts sampled as in training. */
  readonly decoding: Decoding;
  readonly parts: readonly Part[];
}

const MORE_EX: Part = {
  ...{ measure: "ex", better: "higher", margin: 0, share: 1, isAdjusted: true },
};
const NO_LOSS: Part = { ...MORE_EX, margin: 0.01, isAdjusted: false };
const FEWER: Part = { ...MORE_EX, measure: "redundant_tool_calls", better: "lower" };

/** The claims of docs/decision_rules.md. */
export const CLAIMS: readonly Claim[] = [
  { name: "more EX", decoding: "greedy", parts: [MORE_EX] },
  {
    name: "fewer redundant calls at no loss of EX",
    decoding: "sampled",
    parts: [FEWER, NO_LOSS],
  },
  {
    name: "more EX by 3 points",
    decoding: "greedy",
    parts: [{ ...MORE_EX, margin: -0.03, isAdjusted: false }],
  },
  {
    name: "redundant calls cut by a third, at no loss of EX",
    decoding: "sampled",
    parts: [{ ...FEWER, share: 2 / 3, isAdjusted: false }, NO_LOSS],
  },
];

/** Whom a claim is made against, in families of which each keeps its share of errors (Holm). */
const FAMILIES: readonly (readonly string[])[] = [["grpo"], ["dapo", "gspo"]];

/** A part with what was found. */
export interface DecidedPart extends Part {
  readonly effect: Effect;
  /** By Holm, in its family of claims; null where the part is not adjusted. */
  readonly adjustedP: number | null;
  /** The smallest difference that the comparison finds with 80 % power, from its interval's width. */
  readonly detectable: number;
  /** Of this part alone. */
  readonly decision: Decision;
  /** Seeds of each algorithm that find a difference of one point; null where seeds say nothing. */
  readonly seedsForPoint: number | null;
}

/** A claim, and what the data say of it. */
export interface DecidedClaim {
  /** The system that the claim is on. */
  readonly system: string;
  readonly claim: string;
  readonly decoding: Decoding;
  readonly against: string;
  readonly parts: readonly DecidedPart[];
  readonly decision: Decision;
  /** What it would be with databases as the unit. */
  readonly byDatabase: Decision;
}

/** The evaluations of one split: algorithms by name, and FineStep among them. */
export type Arms = Readonly<Record<Decoding, ReadonlyMap<string, SeedVerdicts>>>;

/**
 * The system that claims are on: FineStep, or else the first of its presets.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { claimantOf } from "./claims.ts";
 *
 * assert.equal(claimantOf(["grpo", "finestep.aime24", "finestep.guarded"]), "finestep.aime24");
 * assert.equal(claimantOf(["grpo"]), null);
 * ```
 */
export function claimantOf(names: readonly string[]): string | null {
  if (names.includes("finestep")) return "finestep";
  return names.find((name) => /^finestep\.[\w.]+$/.test(name)) ?? null;
}

/**
 * Decides all claims that there are evaluations for.
 *
 * @param system The name of the system that the claims are on.
 * @throws {RangeError} If evaluations of a decoding are not all of the same questions.
 */
export function decidedClaims(
  arms: Arms,
  system: string,
  options: BootstrapOptions,
): DecidedClaim[] {
  return FAMILIES.flatMap((family) => {
    const found = family.flatMap((against) =>
      CLAIMS.flatMap((claim) => {
        const [before, after] = [against, system].map((name) => arms[claim.decoding].get(name));
        if (!before || !after) return [];
        const parts = claim.parts.map((part) => measured(part, before, after, options));
        return [{ claim, against, parts }];
      })
    );
    const tested = found.flatMap(({ parts }) => parts.filter(({ isAdjusted }) => isAdjusted));
    const adjusted = holm(tested.map(({ effect }) => effect.difference.pValue));
    const pOf = new Map(tested.map((part, index) => [part, adjusted[index]]));
    return found.map(({ claim, against, parts }) => {
      const decided = parts.map((part) => {
        const tested = { ...part, adjustedP: pOf.get(part) ?? null };
        return { ...tested, decision: decisionBy([tested], byQuestion) };
      });
      return {
        ...{ system, claim: claim.name, decoding: claim.decoding, against, parts: decided },
        decision: decisionBy(decided, byQuestion),
        byDatabase: decisionBy(decided, ({ effect }) => effect.byDatabase),
      };
    });
  });
}

function measured(
  part: Part,
  before: SeedVerdicts,
  after: SeedVerdicts,
  options: BootstrapOptions,
): Omit<DecidedPart, "adjustedP" | "decision"> {
  const found = effect(part.measure, before, after, { ...options, share: part.share });
  return {
    ...part,
    effect: found,
    detectable: detectableDifference(found.difference),
    seedsForPoint: seedsForPoint(found),
  };
}

type TestedPart = Omit<DecidedPart, "decision">;

const byQuestion = ({ effect }: TestedPart): Interval => effect.difference;

function decisionBy(
  parts: readonly TestedPart[],
  intervalOf: (part: TestedPart) => Interval,
): Decision {
  return decision(parts.map((part) => ({
    interval: intervalOf(part),
    better: part.better,
    margin: part.margin,
    pValue: part.adjustedP ?? undefined,
  })));
}

function seedsForPoint({ seedsBefore, seedsAfter }: Effect): number | null {
  const [before, after] = [seedsBefore, seedsAfter].map((values) => meanAndSd(values).sd);
  if (before === null || after === null) return null;
  const sd = Math.hypot(before, after);
  return sd === 0 ? null : seedsNeeded(0.01, sd);
}
