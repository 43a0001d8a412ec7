/**
 * What is better, by how much, and how sure that is: the report's first section, in words made from
 * the numbers.
 *
 * @module
 */

import {
  claimantOf,
  CLAIMS,
  type DecidedClaim,
  decidedClaims,
  type Decoding,
  SEEDS_NEEDED,
} from "../evaluation/claims.ts";
import { type Decision, detectableDifference, type Difference } from "../evaluation/statistics.ts";
import { type Comparison, comparisons, SEED } from "./comparisons.ts";
import { type Cell, html, paragraphHtml, tableHtml } from "./markup.ts";
import { countText, estimateHtml, intervalText, numberText, pText } from "./numbers.ts";
import { type Attempted, byVariant, type Exam } from "./report.ts";
import { escapeHtml, type Section } from "./section.ts";
import { meanOver } from "./seeds.ts";

/** The section. */
export function headlineSection(exams: readonly Exam[]): Section {
  // Decisions are made on test, so that comes first.
  const ordered = exams.toSorted((a, b) => rank(a) - rank(b));
  const splits = Map.groupBy(
    ordered,
    ({ form: { dataSet, split }, n }) => `${dataSet} ${split}, ${countText(n, "question")}`,
  );
  const parts = [...splits].map(([name, some]) => splitHtml(name, some));
  return {
    id: "headline",
    title: "What is better, by how much, how sure",
    html: parts.join("\n"),
  };
}

const rank = ({ form: { split } }: Exam) => split === "test" ? 0 : 1;

/** One split: its claims, then each of its exams. */
function splitHtml(name: string, exams: readonly Exam[]): string {
  const compared = new Map(exams.map((exam) => [exam, comparisons(exam, systemOf(exam))]));
  return [
    `<h3>${escapeHtml(name)}</h3>`,
    ...exams.map((exam) => examSentence(exam, compared.get(exam)!)),
    claimsHtml(exams),
    ...exams.map((exam) => differencesHtml(exam, compared.get(exam)!)),
  ].join("\n");
}

/** FineStep or its preset where there is one, or the first that was trained. */
function systemOf(exam: Exam): string {
  const names = [...byVariant(exam).keys()];
  return claimantOf(names) ?? names[0];
}

function examSentence(exam: Exam, compared: readonly Comparison[]): string {
  const claimant = systemOf(exam);
  const own = byVariant(exam).get(claimant)!;
  const ex = numberText("ex", meanOver("ex", own).mean);
  const start =
    `<b>${escapeHtml(exam.name)}:</b> ${escapeHtml(claimant)} answers <b>${ex} %</b> of the ` +
    `questions right (EX), and ${redundancyWords(own)}. `;
  const [rival] = compared;
  if (!rival) return paragraphHtml(html(`${start}There is nothing here to compare it with.`));
  const redundancy = [own, byVariant(exam).get(rival.rival)!].some(callsTools)
    ? `, and the share of redundant calls ${
      differenceWords("redundant_tool_calls", rival.redundantCalls)
    }`
    : "";
  return paragraphHtml(html(
    `${start}Compared with ${escapeHtml(rival.rival)}, EX is ${
      differenceWords("ex", rival.ex)
    }${redundancy}.`,
  ));
}

/** Without a call, none of them redundant is no merit. */
function redundancyWords(runs: readonly Attempted[]): string {
  if (!callsTools(runs)) return "calls no tool";
  const rtr = numberText("redundant_tool_calls", meanOver("redundant_tool_calls", runs).mean);
  return `<b>${rtr} %</b> of its tool calls are redundant`;
}

function callsTools(runs: readonly Attempted[]): boolean {
  return meanOver("tool_calls", runs).mean > 0;
}

/** `<b>3.1 points lower</b> (95 % interval −7.2 to 1.0, p 0.134: may be chance)`. */
function differenceWords(name: string, { estimate, low, high, pValue }: Difference): string {
  if (low === 0 && high === 0) return "<b>the same</b>";
  const size = `${numberText(name, Math.abs(estimate))} points ${
    estimate < 0 ? "lower" : "higher"
  }`;
  const doubt = low > 0 || high < 0 ? "" : ": may be chance";
  return `<b>${size}</b> (95 % interval ${intervalText(name, low, high)}, ` +
    `${escapeHtml(pText(pValue))}${doubt})`;
}

/** The decisions as a table, claims by rivals; empty without FineStep and a rival of the rules. */
function claimsHtml(exams: readonly Exam[]): string {
  const arms = { greedy: armsOf(exams, "greedy"), sampled: armsOf(exams, "sampled") };
  const system = systemOf(exams[0]);
  const decided = decidedClaims(arms, system, { seed: SEED });
  if (decided.length === 0) return "";
  const rivals = [...new Set(decided.map(({ against }) => against))];
  const rows = CLAIMS.map(({ name, decoding }): Cell[] => [
    `${system}: ${name}`,
    ...rivals.map((rival) =>
      verdictHtml(decided.find(({ claim, against }) => claim === name && against === rival))
    ),
    decoding === "greedy" ? "greedy" : "as sampled",
  ]);
  const columns = [
    { heading: "claim" },
    ...rivals.map((rival) => ({ heading: `against ${rival}` })),
    { heading: "decided on" },
  ];
  return tableHtml(
    "Claims by the rules written before the runs (docs/decision_rules.md)",
    columns,
    rows,
  ) +
    reservations(exams, decided);
}

/** The evaluations of a decoding by variant; none where the split has no such exam. */
function armsOf(exams: readonly Exam[], decoding: Decoding) {
  const exam = exams.find(({ form }) => (form.temperature === 0) === (decoding === "greedy"));
  const variants = exam ? [...byVariant(exam)] : [];
  return new Map(variants.map(([name, runs]) => [name, runs.map(({ verdicts }) => verdicts)]));
}

/** Words and a sign, so that colour is not all that tells decisions apart. */
function verdictHtml(claim: DecidedClaim | undefined): Cell {
  if (!claim) return html('<span class="verdict undecided">no such exam</span>');
  const { decision } = claim;
  return html(
    `<span class="verdict ${decision.replace(" ", "-")}">${SIGNS[decision]} ${decision}</span>`,
  );
}

const SIGNS: Readonly<Record<Decision, string>> = {
  "supported": "\u2713",
  "not supported": "\u2717",
  "inconclusive": "?",
};

/** Why the rules would not count these decisions. */
function reservations(exams: readonly Exam[], decided: readonly DecidedClaim[]): string {
  const compared = new Set(decided.flatMap(({ system, against }) => [system, against]));
  const fewest = Math.min(
    ...exams.flatMap((exam) =>
      [...byVariant(exam)].filter(([name]) => compared.has(name)).map(([, runs]) => runs.length)
    ),
  );
  const reasons = [
    ...exams[0].form.split === "test" ? [] : [
      `this is ${exams[0].form.split}, on which settings were chosen: the decision is made on test`,
    ],
    ...fewest < SEEDS_NEEDED
      ? [
        `there ${fewest === 1 ? "is" : "are"} ${
          countText(fewest, "seed")
        } where the rules ask for ${SEEDS_NEEDED}`,
      ]
      : [],
  ];
  const meaning =
    "Supported: the whole 95 % interval is on the claim's side. Not supported: none of it is. " +
    "Inconclusive: the data are too few to tell. P-values are adjusted by Holm's method.";
  const otherwise = decided.filter(({ decision, byDatabase }) => decision !== byDatabase);
  const byDatabase = otherwise.map(({ claim, against, byDatabase }) =>
    `${claim} against ${against} (${byDatabase})`
  );
  return [
    ...reasons.length === 0 ? [] : [
      paragraphHtml(html(`<b>These do not decide yet:</b> ${escapeHtml(reasons.join("; "))}.`)),
    ],
    paragraphHtml(meaning, "muted"),
    ...byDatabase.length === 0 ? [] : [
      paragraphHtml(
        `With databases as the unit some would come out otherwise: ${byDatabase.join("; ")}.`,
        "muted",
      ),
    ],
  ].join("\n");
}

/** All differences of an exam, as numbers. */
function differencesHtml(exam: Exam, compared: readonly Comparison[]): string {
  if (compared.length === 0) return "";
  const claimant = systemOf(exam);
  const cell = (name: string, { estimate, low, high, pValue }: Difference) =>
    html(
      `${estimateHtml(name, { value: estimate, low, high }, { isSigned: true }).html} ` +
        `<span class="interval">${escapeHtml(pText(pValue))}</span>`,
    );
  const rows = compared.map(({ rival, ex, redundantCalls, toolCalls, solved }) => [
    rival,
    cell("ex", ex),
    numberText("ex", detectableDifference(ex)),
    cell("redundant_tool_calls", redundantCalls),
    html(
      `${numberText("redundant_tool_calls", solved.after.redundantToolCalls)} and ` +
        `${numberText("redundant_tool_calls", solved.before.redundantToolCalls)}` +
        `<span class="interval">n ${solved.questions}</span>`,
    ),
    cell("tool_calls", toolCalls),
  ]);
  return tableHtml(
    `${exam.name}: ${claimant} minus others, 95 % intervals over seeds and questions, p unadjusted`,
    [
      { heading: `${claimant} minus` },
      { heading: "EX, points", isNumber: true },
      {
        heading: "EX it could find",
        isNumber: true,
        hint: "the smallest true difference that four of five such experiments would find",
      },
      { heading: "redundant calls, points", isNumber: true },
      {
        heading: "redundant where both are right, %",
        isNumber: true,
        hint:
          `of ${claimant} and of the other, on the n questions that both answer right with every ` +
          `seed in every attempt; shown, not decided on, as that choice depends on the results`,
      },
      { heading: "tool calls per question", isNumber: true },
    ],
    rows,
  );
}
