/**
 * What an experiment decides, claim by claim.
 *
 * @module
 */

import { type DecidedClaim, type DecidedPart, SEEDS_NEEDED } from "../evaluation/claims.ts";
import { differenceText } from "./measures.ts";
import type { Style } from "./style.ts";
import { table } from "./table.ts";

/**
 * The decisions on one split, and for those that are inconclusive what could have been found.
 *
 * @returns Nothing where no claim could be decided.
 */
export function decisionTables(
  { split, claims }: { readonly split: string; readonly claims: readonly DecidedClaim[] },
  style: Style,
): string[] {
  if (claims.length === 0) return [];
  const { system, parts: [{ effect }] } = claims[0];
  const counts = [effect.seedsBefore, effect.seedsAfter].map(({ length }) => length);
  return [
    `Decisions on ${split} by docs/decision_rules.md (${effect.questions} questions, ` +
    `${counts[1]} seeds; against ${counts[0]}):`,
    table(
      [
        { heading: `${system} has` },
        { heading: "against" },
        { heading: "EX, points", align: "right" },
        { heading: "redundant calls, points", align: "right" },
        { heading: "p (Holm)", align: "right" },
        { heading: "decision" },
      ],
      claims.map((claim) => rowOf(claim, style)),
      style,
    ),
    ...Math.min(...counts) < SEEDS_NEEDED
      ? [`These do not decide yet: the rules ask for ${SEEDS_NEEDED} seeds of each`]
      : [],
    ...claims.filter(({ decision }) => decision === "inconclusive").flatMap(advice),
    ...claims.filter(({ decision, byDatabase }) => decision !== byDatabase).map(
      ({ claim, against, byDatabase }) =>
        `${claim}, against ${against}: with databases as the unit, of which there are few, it would be ` +
        byDatabase,
    ),
  ];
}

function rowOf({ claim, against, parts, decision }: DecidedClaim, style: Style): string[] {
  const of = (measure: DecidedPart["measure"]) =>
    parts.filter((part) => part.measure === measure).map((part) => effectText(part, style)).join();
  const adjusted = parts.map(({ adjustedP }) => adjustedP).filter((p) => p !== null);
  return [
    claim,
    against,
    of("ex"),
    of("redundant_tool_calls"),
    adjusted.map((p) => p.toFixed(4)).join(),
    decision,
  ];
}

function effectText({ measure, effect, share }: DecidedPart, style: Style): string {
  const { estimate, low, high } = effect.difference;
  const text = differenceText(
    measure,
    { value: estimate, low, high, n: effect.questions },
    style,
  );
  return share === 1 ? text : `${text} (minus 2/3 of its)`;
}

/** What the parts that are open would take. */
function advice({ claim, against, parts }: DecidedClaim): string[] {
  const open = parts.filter(({ decision }) => decision === "inconclusive");
  return open.map(({ measure, detectable, seedsForPoint }) => {
    const name = measure === "ex" ? "EX" : "redundant calls";
    const seeds = seedsForPoint === null
      ? "how many seeds that takes cannot be told from these"
      : `a difference of 1 point takes about ${seedsForPoint} seeds of each`;
    return `${claim}, against ${against}: inconclusive in ${name}; differences from ` +
      `${(100 * detectable).toFixed(1)} points on are found with 80 % power, ${seeds}`;
  });
}
