/**
 * Groups of episodes that clients run one by one, until each is complete and its steps can be compared.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { stepAdvantages } from "../credit/assign.ts";
import type { CreditOptions } from "../credit/options.ts";
import type { ScoredTrajectory } from "../trajectory/group.ts";
import type { GroupKey } from "./environment.ts";
import { Refusal } from "./refusal.ts";

/** One episode of a group that has ended. */
export interface GroupMember {
  readonly episodeId: string;
  readonly scored: ScoredTrajectory;
}

/** What is known of a group. */
export interface GroupCredit {
  readonly id: string;
  readonly size: number;
  /** Episodes of it that have ended. */
  readonly finished: number;
  /** Advantages of the steps of each episode, shape (S,), in the order of their ends; null until all ended. */
  readonly episodes:
    | readonly { readonly episodeId: string; readonly advantages: Float64Array }[]
    | null;
}

interface Group {
  readonly key: GroupKey;
  readonly question: string;
  readonly members: GroupMember[];
  credit: GroupCredit;
  usedAt: number;
}

/** How long groups are kept, and how many. */
export interface GroupLimits {
  /** Milliseconds after the last use, whether a group is complete or not. */
  readonly idleMs: number;
  /** The one used longest ago is forgotten for a new one. */
  readonly maxGroups: number;
  /** Milliseconds of a clock that only goes forward. */
  readonly now: () => number;
}

/**
 * The groups of all clients, by the ids that clients choose: an id that others cannot guess keeps a group
 * to itself.
 *
 * @example Two answers to one question, one of them right
 * ```ts
 * import assert from "node:assert/strict";
 * import { defaults } from "../config/option.ts";
 * import { CREDIT_OPTIONS } from "../credit/options.ts";
 * import { Groups } from "./groups.ts";
 *
 * const groups = new Groups(defaults(CREDIT_OPTIONS), { idleMs: 1000, maxGroups: 9, now: () => 0 });
 * const key = { id: "a", size: 2 };
 * for (const [episodeId, outcome] of [["x", 1], ["y", 0]] as const) {
 *   const process = Float64Array.of(1);
 *   const rewards = { outcome, process, hard: process, recall: process, isCorrect: outcome === 1 };
 *   groups.join(key, "question 7");
 *   groups.add(key, { episodeId, scored: { rewards, stateKeys: [""] } });
 * }
 * const [x, y] = groups.credit("a")!.episodes!;
 * assert(x.advantages[0] > 0.7 && y.advantages[0] < -0.7);
 * ```
 */
export class Groups {
  readonly #credit: CreditOptions;
  readonly #limits: GroupLimits;
  /** The one used last at the end. */
  readonly #groups = new Map<string, Group>();

  constructor(credit: CreditOptions, limits: GroupLimits) {
    this.#credit = credit;
    this.#limits = limits;
  }

  get size(): number {
    return this.#groups.size;
  }

  /**
   * Says that an episode of a group begins.
   *
   * @param question Of the episode: only episodes of one question can be compared.
   * @throws {Refusal} If the group is of another question or size, or is complete.
   */
  join(key: GroupKey, question: string): void {
    const group = this.#groups.get(key.id) ?? newGroup(key, question);
    const refuse = (rule: string) => {
      throw new Refusal(409, `Cannot join group "${key.id}" as ${rule}`);
    };
    if (group.question !== question) refuse("its episodes are of another question");
    if (group.key.size !== key.size) refuse(`its size is ${group.key.size}: not ${key.size}`);
    if (group.members.length === key.size) refuse(`its ${key.size} episodes have ended`);
    this.#touch(group);
    for (const [id] of this.#groups) {
      if (this.#groups.size <= this.#limits.maxGroups) break;
      this.#groups.delete(id);
    }
  }

  /** Adds an episode that has ended; what is known now, null where the group is forgotten. */
  add(key: GroupKey, member: GroupMember): GroupCredit | null {
    const group = this.#groups.get(key.id);
    if (group === undefined || group.members.length === key.size) return null;
    group.members.push(compact(member));
    group.credit = creditOf(group, this.#credit);
    this.#touch(group);
    return group.credit;
  }

  /** What is known of a group; null where there is none of the id. */
  credit(id: string): GroupCredit | null {
    const group = this.#groups.get(id);
    if (group === undefined) return null;
    this.#touch(group);
    return group.credit;
  }

  /** Forgets the groups that have not been used for long. */
  reap(): void {
    const oldest = this.#limits.now() - this.#limits.idleMs;
    for (const [id, { usedAt }] of this.#groups) {
      if (usedAt > oldest) return;
      this.#groups.delete(id);
    }
  }

  #touch(group: Group): void {
    group.usedAt = this.#limits.now();
    this.#groups.delete(group.key.id);
    this.#groups.set(group.key.id, group);
  }
}

// A group may wait for long: neither the episode behind a score nor the SQL in its keys is kept.
function compact({ episodeId, scored: { rewards, stateKeys } }: GroupMember): GroupMember {
  const digest = (key: string) => createHash("sha256").update(key).digest("base64");
  return { episodeId, scored: { rewards, stateKeys: stateKeys.map(digest) } };
}

function newGroup(key: GroupKey, question: string): Group {
  return { key, question, members: [], credit: { ...key, finished: 0, episodes: null }, usedAt: 0 };
}

function creditOf({ key, members }: Group, options: CreditOptions): GroupCredit {
  const known = { id: key.id, size: key.size, finished: members.length };
  if (members.length < key.size) return { ...known, episodes: null };
  const advantages = stepAdvantages(members.map(({ scored }) => scored), options);
  return {
    ...known,
    episodes: members.map(({ episodeId }, g) => ({ episodeId, advantages: advantages[g] })),
  };
}
