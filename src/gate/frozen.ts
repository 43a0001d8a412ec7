/**
 * What frozen trajectories score: texts that were sampled once, parsed, run and scored anew. No weights
 * take part, so the values are the same on every machine, and a parser, a reward or a credit that
 * changed shows at the first step that it changed.
 *
 * Shapes: S steps of a trajectory.
 *
 * @module
 */

import { createHash } from "node:crypto";
import type { Algorithm } from "../algorithms/algorithm.ts";
import { ALGORITHM_NAMES, makeAlgorithm } from "../algorithms/mod.ts";
import { softF1 } from "../evaluation/soft_f1.ts";
import { redundancyOf } from "../evaluation/redundancy.ts";
import { strictMatch } from "../evaluation/strict_match.ts";
import { canonicalSha256 } from "../leaderboard/canonical.ts";
import { REWARD_OPTIONS, type RewardOptions, rewardOptions } from "../rewards/options.ts";
import { scored } from "../rewards/score.ts";
import type { SqlResult } from "../sandbox/result_set.ts";
import { rowKey } from "../sandbox/same_rows.ts";
import type { Action, Episode } from "../trajectory/episode.ts";
import type { ScoredEpisode } from "../trajectory/group.ts";
import { firstDifference } from "../store/identity.ts";

/** A frozen trajectory after its texts were parsed and run again. */
export interface Replayed {
  /** Its question and its place in the group, for instance `12/0`. */
  readonly key: string;
  readonly episode: Episode;
  /** What the policy was shown after each message when the texts were sampled; null after the last. */
  readonly shown: readonly (string | null)[];
}

/** JSON values by check (`parsed`, `advantages grpo`, ...) and trajectory. */
export type FrozenValues = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** What scores trajectories; tests put a broken part in. */
export interface ScoringParts {
  readonly scored: (episode: Episode, options: RewardOptions) => ScoredEpisode;
  readonly algorithm: (name: string) => Algorithm;
}

/** The project's own. */
export const SCORING: ScoringParts = { scored, algorithm: makeAlgorithm };

/** Credit has no meaning where nothing is compared, and `finestep` is `finestep.default`. */
const COMPARING = ALGORITHM_NAMES.filter((name) => name !== "sft" && name !== "finestep");

/** A value other than the default, for number options that change a reward. */
const OTHER_NUMBERS: Readonly<Record<string, number>> = { softWeight: 0, redundancyPenalty: 0.1 };

/** Digits kept of a number: beyond them a compiler may contract a product and a sum. */
const DIGITS = 9;

/** All values of trajectories, under every reward and every algorithm. */
export function frozenValues(
  replayed: readonly Replayed[],
  parts: ScoringParts = SCORING,
): FrozenValues {
  const each = (value: (episode: Episode) => unknown) =>
    Object.fromEntries(replayed.map(({ key, episode }) => [key, rounded(value(episode))]));
  const rewards = Object.entries(rewardVariants()).map(([name, options]) => [
    `rewards ${name}`,
    each((episode) => rewardValues(parts.scored(episode, options).rewards)),
  ]);
  const groups = [...Map.groupBy(replayed, ({ episode }) => episode.exampleId).values()];
  const credits = COMPARING.map((name) => [
    `advantages ${name}`,
    Object.assign({}, ...groups.map((group) => advantagesOf(group, name, parts))),
  ]);
  return {
    parsed: each((
      { steps, stopReason },
    ) => [...steps.map(({ action }) => said(action)), stopReason]),
    results: each(({ steps, goldResult }) =>
      [...steps.map(({ result }) => result), goldResult].map(resultText)
    ),
    redundancy: each((episode) =>
      redundancyOf(episode).calls.map(({ classes }) => classes.join(" "))
    ),
    verdict: each(verdictValues),
    ...Object.fromEntries(rewards),
    ...Object.fromEntries(credits),
  };
}

/** What trajectories were shown when they were sampled, and are shown now. */
export function shownValues(replayed: readonly Replayed[]): [recorded: unknown, now: unknown] {
  const byKey = (shown: (one: Replayed) => unknown) =>
    Object.fromEntries(replayed.map((one) => [one.key, shown(one)]));
  return [
    byKey(({ shown }) => shown),
    byKey(({ episode }) => episode.steps.map(({ observation }) => observation)),
  ];
}

/** The reward options, each changed to every other value it has, by what is changed. */
export function rewardVariants(): Record<string, RewardOptions> {
  const changes = Object.entries(REWARD_OPTIONS).flatMap(([name, { default: usual, choices }]) => {
    const others: readonly unknown[] = choices ??
      [typeof usual === "boolean" ? !usual : OTHER_NUMBERS[name]];
    return others.filter((value) => value !== usual && value !== undefined)
      .map((value) => [`${name}=${value}`, rewardOptions("", { [name]: value })] as const);
  });
  return { default: rewardOptions(""), ...Object.fromEntries(changes) };
}

/** A check whose values are not the baseline's. */
export interface FrozenDifference {
  readonly check: string;
  /** Hashes of all its values. */
  readonly before: string;
  readonly after: string;
  /** The first value that differs, with where it is: `12/0.process.2: 0.5, then 1`. */
  readonly first: string;
}

/** How values compare with a baseline's. */
export interface FrozenComparison {
  readonly differences: readonly FrozenDifference[];
  /** Checks that the baseline does not have: of a reward or an algorithm that is new. */
  readonly added: readonly string[];
  /** Checks that agree. */
  readonly same: number;
}

/**
 * Compares values with a baseline's; a check that is gone differs. The order is that of
 * {@linkcode frozenValues}, from the parser to credit, so that a cause comes before what it does.
 */
export function compareFrozen(before: FrozenValues, after: FrozenValues): FrozenComparison {
  // A file has its keys sorted.
  const checks = new Set([...Object.keys(after), ...Object.keys(before)])
    .intersection(new Set(Object.keys(before)));
  const differences = [...checks].flatMap((check) => {
    const first = firstDifference(before[check], after[check] ?? {});
    return first === null
      ? []
      : [{ check, before: hashOf(before[check]), after: hashOf(after[check] ?? {}), first }];
  });
  return {
    differences,
    added: Object.keys(after).filter((check) => !Object.hasOwn(before, check)),
    same: Object.keys(before).length - differences.length,
  };
}

const HASH_LENGTH = 12;

function hashOf(value: unknown): string {
  return canonicalSha256(value).slice(0, HASH_LENGTH);
}

function said(action: Action): string {
  switch (action.kind) {
    case "answer":
      return `answer ${action.sql}`;
    case "toolCall":
      return `${action.tool} ${action.sql}`;
    case "violation":
      return `violation ${action.violation}`;
  }
}

function resultText(result: SqlResult | null): string | null {
  if (result === null) return null;
  if (result.kind !== "rows") return `${result.kind}: ${result.message}`;
  const { rows, columns, truncated } = result;
  const digest = createHash("sha256").update(JSON.stringify([columns, truncated]));
  for (const row of rows) digest.update(rowKey(row) + "\n");
  return `${rows.length} rows ${digest.digest("hex").slice(0, HASH_LENGTH)}`;
}

function verdictValues({ finalResult, goldResult, goldSql }: Episode) {
  const { isCorrect, isStrictlyCorrect } = strictMatch(finalResult, goldResult, goldSql);
  return {
    right: Number(isCorrect),
    strictlyRight: Number(isStrictlyCorrect),
    softF1: softF1(finalResult, goldResult),
  };
}

function rewardValues({ outcome, process, hard, recall }: ScoredEpisode["rewards"]) {
  return { outcome, process: [...process], hard: [...hard], recall: [...recall] };
}

function advantagesOf(group: readonly Replayed[], name: string, parts: ScoringParts) {
  const algorithm = parts.algorithm(name);
  const options = rewardOptions(name);
  const scores = group.map(({ episode }) => parts.scored(episode, options));
  const advantages = algorithm.advantages(scores);
  const kept = algorithm.keeps(scores) ? [] : ["group left out"];
  return Object.fromEntries(
    group.map(({ key }, g) => [key, rounded([...advantages[g], ...kept])]),
  );
}

/** The value with its numbers rounded to {@linkcode DIGITS} digits, and no negative zero. */
function rounded(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(
      value,
      (_, part) =>
        typeof part === "number" && Number.isFinite(part)
          ? Number(part.toPrecision(DIGITS)) + 0
          : part,
    ),
  );
}
