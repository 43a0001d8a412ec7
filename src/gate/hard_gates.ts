/**
 * The gates that need no statistics: each is passed or not.
 *
 * @module
 */

import { type AttemptResult, EXAMS, type Exams } from "./attempt.ts";
import type { FrozenComparison } from "./frozen.ts";

/** A gate with what was found. */
export interface HardGate {
  readonly name: string;
  readonly isPassed: boolean;
  readonly found: string;
  /** What more a reader needs of a failure, a line each. */
  readonly details: readonly string[];
}

/** Lines of a failure that are shown. */
const MAX_DETAILS = 5;

function gate(name: string, found: string, problems: readonly string[] = []): HardGate {
  const more = problems.length - MAX_DETAILS;
  const details = problems.slice(0, MAX_DETAILS);
  return {
    name,
    found,
    isPassed: problems.length === 0,
    details: more > 0 ? [...details, `and ${more} more`] : details,
  };
}

/**
 * Gold SQL as predictions: all right, but for the questions of the quarantine.
 *
 * @param wrong Ids of sound questions whose own gold SQL is not right.
 */
export function goldGate(
  { wrong, sound, quarantined }: {
    readonly wrong: readonly string[];
    readonly sound: number;
    readonly quarantined: number;
  },
): HardGate {
  const left = quarantined > 0 ? `, ${quarantined} in quarantine left out` : "";
  return gate(
    "gold self-check",
    `${sound - wrong.length} of ${sound} gold SQL right${left}`,
    wrong.map((id) => `question ${id}: its gold SQL, as an answer, is not right`),
  );
}

/** What became of the sandbox while SQL of a policy and attacks ran in it. */
export interface SandboxFindings {
  /** Databases, and those of them whose bytes changed. */
  readonly databases: number;
  readonly changed: readonly string[];
  /** Questions whose attempt lost a worker or failed through no fault of the policy. */
  readonly broken: readonly string[];
  readonly attacks: number;
  /** Attacks that were not refused, with what they did. */
  readonly succeeded: readonly string[];
}

/** No byte of a database changed, no worker was lost, no attack came through. */
export function sandboxGate(found: SandboxFindings): HardGate {
  const { databases, changed, broken, attacks, succeeded } = found;
  return gate(
    "sandbox",
    `${databases - changed.length} of ${databases} databases byte for byte as before, ` +
      `${attacks - succeeded.length} of ${attacks} attacks refused, ${broken.length} workers lost`,
    [
      ...changed.map((id) => `database ${id} was changed`),
      ...broken.map((id) => `question ${id}: the environment failed`),
      ...succeeded.map((attack) => `attack not refused: ${attack}`),
    ],
  );
}

/** The same attempts twice. */
export function determinismGate(first: Exams, second: Exams, hashes: Exams<[string, string]>) {
  const problems = EXAMS.flatMap((exam) =>
    hashes[exam][0] === hashes[exam][1] ? [] : [
      `${exam}: result hash ${short(hashes[exam][0])}, then ${short(hashes[exam][1])}`,
      ...changedAttempts(first[exam], second[exam], exam),
    ]
  );
  const count = second.greedy.length + second.sampled.length;
  const found = problems.length === 0
    ? `${count} attempts again: result hashes ${
      EXAMS.map((exam) => short(hashes[exam][1])).join(" and ")
    } both times`
    : `${count} attempts again: results differ`;
  return gate("determinism", found, problems);
}

/** Frozen trajectories score as the baseline has it. */
export function frozenGate(
  { differences, added, same }: FrozenComparison,
  trajectories: number,
): HardGate {
  const news = added.length > 0 ? `, ${added.length} new (${added.join(", ")})` : "";
  return gate(
    "frozen trajectories",
    `${trajectories} trajectories: ${same} of ${same + differences.length} hashes agree${news}`,
    differences.map(({ check, before, after, first }) =>
      `${check}: hash ${before}, then ${after}; first at ${first}`
    ),
  );
}

/**
 * Frozen trajectories are shown what they were shown when they were sampled.
 *
 * @param problem The first difference; null where there is none.
 */
export function shownGate(problem: string | null, count: number): HardGate {
  return gate(
    "tool results",
    `${count} results of frozen trajectories ${problem === null ? "" : "not all "}as recorded`,
    problem === null ? [] : [problem],
  );
}

/**
 * The leaderboard's file is valid, and has every row that it had, unchanged.
 *
 * @param problem Null where there is none.
 */
export function leaderboardGate(problem: string | null, found: string): HardGate {
  return gate("leaderboard", found, problem === null ? [] : [problem]);
}

/**
 * Sampled episodes are what they were, on a machine of the baseline's kind.
 *
 * @param whyNot Why results may differ; null where they may not.
 */
export function resultsGate(before: Exams, after: Exams, whyNot: string | null): HardGate {
  const changed = EXAMS.flatMap((exam) => changedAttempts(before[exam], after[exam], exam));
  const compared = EXAMS.reduce((sum, exam) => sum + pairs(before[exam], after[exam]).length, 0);
  const made = after.greedy.length + after.sampled.length;
  const rest = made > compared ? `, ${made - compared} not in it` : "";
  const found = `${compared - changed.length} of ${compared} attempts as in the baseline${rest}`;
  return whyNot === null
    ? gate("results", found, changed)
    : gate("results", `${found}; they may differ, as ${whyNot}`);
}

/**
 * How attempts differ from those made before, each with the one of its place among the attempts at its
 * question; what only one of both has made is left out.
 */
function changedAttempts(
  before: readonly AttemptResult[],
  after: readonly AttemptResult[],
  exam: string,
): string[] {
  return pairs(before, after).filter(([then, now]) => then.digest !== now.digest)
    .map(([then, now]) => `${exam}: question ${now.exampleId}: ${changes(then, now)}`);
}

function pairs(before: readonly AttemptResult[], after: readonly AttemptResult[]) {
  const earlier = Map.groupBy(before, ({ exampleId }) => exampleId);
  return [...Map.groupBy(after, ({ exampleId }) => exampleId)].flatMap(([id, attempts]) => {
    const known = earlier.get(id) ?? [];
    return attempts.slice(0, known.length).map((now, place) => [known[place], now] as const);
  });
}

function changes(before: AttemptResult, after: AttemptResult): string {
  const names = Object.keys(after) as (keyof AttemptResult)[];
  return names.filter((name) => before[name] !== after[name])
    .map((name) => `${name} ${before[name]}, then ${after[name]}`).join("; ");
}

function short(hash: string): string {
  return hash.slice(0, 12);
}
