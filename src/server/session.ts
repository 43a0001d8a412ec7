/**
 * One episode that is driven from outside: the policy is a client, and each of its messages is waited
 * for. All else is the episode of training and evaluation (env/run_episode.ts), with its parsing, tools,
 * limits, rewards and credit.
 *
 * @module
 */

import type { Example } from "../dataset/example.ts";
import { runEpisode } from "../env/run_episode.ts";
import type { ToolDescription } from "../env/tool.ts";
import type { Conversation, Policy, Turn } from "../policies/policy.ts";
import { makeRecall, type Recall } from "../rewards/recall.ts";
import { scored } from "../rewards/score.ts";
import type { SqlResult } from "../sandbox/result_set.ts";
import type { Episode, Message, Step } from "../trajectory/episode.ts";
import type { ScoredEpisode } from "../trajectory/group.ts";
import { chosenQuestion, type EpisodeChoice, type ServerEnvironment } from "./environment.ts";
import type { Groups } from "./groups.ts";
import {
  type EpisodeMetadata,
  episodeMetadata,
  groupMetadata,
  type StepMetadata,
  stepMetadata,
} from "./metadata.ts";
import { MAX_MESSAGE_CHARS } from "./limits.ts";
import { withPackedResults } from "./packed_result.ts";
import { Refusal } from "./refusal.ts";
import { type ClientAction, messageText, toolsOf, withoutProtocol } from "./tools.ts";

/** What came of a step. */
export interface StepOutcome {
  /** What the model is to be shown; empty at the end. */
  readonly observation: string;
  /** The step as one number (`--reward`). */
  readonly reward: number;
  readonly done: boolean;
  readonly metadata: StepMetadata;
}

/** An episode, from its prompt to its end. */
export class EnvSession {
  /** As the client names it, or a UUID. */
  readonly id: string;
  readonly split: string;
  readonly example: Example;
  readonly seed: number;
  readonly prompt: readonly Message[];
  /** The task's tools, and the one that submits the answer. */
  readonly tools: readonly ToolDescription[];
  readonly #environment: ServerEnvironment;
  readonly #choice: EpisodeChoice;
  readonly #groups: Groups;
  readonly #client = new Client();
  readonly #gold: Promise<SqlResult>;
  /** Settles when the episode is over and nothing of it runs any more. */
  readonly settled: Promise<void>;
  /** Emptied at the end: results may be large, and a session that has ended may be kept for long. */
  #steps: Step[] = [];
  #stepCount = 0;
  /** Between the end of the episode and its last outcome. */
  #record: Episode | null = null;
  #end: EpisodeMetadata | null = null;
  #isStepping = false;
  #recall: Recall | null = null;
  /** Why the client can speak no more though the episode has not ended. */
  #closing: string | null = null;

  private constructor(environment: ServerEnvironment, choice: EpisodeChoice, groups: Groups) {
    const { split, example, seed } = chosenQuestion(environment, choice);
    if (choice.group) groups.join(choice.group, `${split} ${example.id}`);
    const task = choice.prompt === "tools" ? withoutProtocol(environment.task) : environment.task;
    this.id = choice.episodeId ?? crypto.randomUUID();
    this.split = split;
    this.example = example;
    this.seed = seed;
    this.prompt = task.prompt(example, environment.episode.template);
    this.tools = toolsOf(task);
    this.#environment = environment;
    this.#choice = choice;
    this.#groups = groups;
    this.#gold = task.gold(example);
    // Who waits for a step hears of a failure there; nobody else has to.
    this.#gold.catch(() => {});
    this.settled = runEpisode(example, this.#client, {
      ...environment.episode,
      task: withPackedResults(task),
      seed,
      onStep: (step) => this.#stepCount = this.#steps.push(step),
    }).then((record) => {
      this.#record = record;
      // Before the client is told of the end, so that what it was told of is kept.
      this.#keep(record);
      this.#client.leave();
    }, (error) => this.#client.leave(error));
  }

  /**
   * Begins an episode.
   *
   * @throws {Refusal} If there is no such question, or it cannot be of the group.
   */
  static start(environment: ServerEnvironment, choice: EpisodeChoice, groups: Groups): EnvSession {
    return new EnvSession(environment, choice, groups);
  }

  get stepCount(): number {
    return this.#stepCount;
  }

  /** Whether a step is being taken. */
  get isBusy(): boolean {
    return this.#isStepping;
  }

  /** Rewards and credit of the whole episode, with what is known of its group by now; null until it ends. */
  get result(): EpisodeMetadata | null {
    if (this.#end === null || this.#choice.group === undefined) return this.#end;
    const credit = this.#groups.credit(this.#choice.group.id);
    return credit === null ? this.#end : { ...this.#end, group: groupMetadata(credit) };
  }

  /**
   * Takes a step.
   *
   * @throws {Refusal} If the episode is over, or a step is being taken.
   */
  async step(action: ClientAction): Promise<StepOutcome> {
    if (this.#isStepping) {
      throw new Refusal(409, "Cannot take a step as another one is being taken");
    }
    if (this.#client.hasLeft) throw new Refusal(409, "Cannot take a step as the episode is over");
    this.#isStepping = true;
    try {
      await this.#client.say(messageText(action, this.#environment.task));
      return this.#client.hasLeft ? await this.#lastOutcome() : await this.#outcome();
    } finally {
      this.#isStepping = false;
    }
  }

  /** Ends the episode, if it has not ended. SQL of a step that is being taken runs on to its end or deadline. */
  close(reason: string): void {
    this.#closing ??= reason;
    this.#client.leave();
  }

  async #outcome(): Promise<StepOutcome> {
    const scored = this.#scored(await this.#episodeSoFar());
    const { maxTurns } = this.#environment.episode;
    return {
      observation: this.#steps.at(-1)!.observation ?? "",
      reward: this.#reward(scored, false),
      done: false,
      metadata: stepMetadata(scored, { maxTurns, isDone: false }),
    };
  }

  async #lastOutcome(): Promise<StepOutcome> {
    await this.settled;
    const episode = this.#record;
    this.#record = null;
    this.#steps = [];
    if (episode === null || episode.stopReason === "no_prediction") {
      throw new Refusal(410, "Cannot take a step as the session was closed");
    }
    const { credit, episode: { maxTurns } } = this.#environment;
    const scored = this.#scored(episode);
    this.#end = episodeMetadata(scored, credit);
    if (this.#choice.group) this.#groups.add(this.#choice.group, { episodeId: this.id, scored });
    return {
      observation: "",
      reward: this.#reward(scored, true),
      done: true,
      metadata: { ...stepMetadata(scored, { maxTurns, isDone: true }), episode: this.result! },
    };
  }

  /** One in which nothing was done is no attempt. */
  #keep(episode: Episode): void {
    if (episode.steps.length === 0) return;
    const { id, split, example } = this;
    this.#environment.keeper?.keep(episode, {
      ...{ id, split, group: this.#choice.group?.id ?? `${split}/${example.id}` },
      closed: episode.stopReason === "no_prediction" ? this.#closing : null,
    });
  }

  #scored(episode: Episode): ScoredEpisode {
    const { rewards } = this.#environment;
    return scored(episode, rewards, this.#recall ??= makeRecall(episode.goldResult, rewards));
  }

  #reward({ rewards }: ScoredEpisode, isDone: boolean): number {
    const process = this.#environment.scalarReward === "process" ? rewards.process.at(-1)! : 0;
    return process + (isDone ? rewards.outcome : 0);
  }

  /** The record as it would be if the episode stopped here. */
  async #episodeSoFar(): Promise<Episode> {
    const { id, database, goldSql } = this.example;
    return {
      ...{ exampleId: id, databaseId: database.id, seed: this.seed, policy: this.#client.name },
      ...{ prompt: this.prompt, steps: this.#steps, stopReason: "no_prediction" as const },
      ...{ finalSql: null, finalResult: null, goldSql, goldResult: await this.#gold },
      ...{ tokens: null, timings: { totalMs: 0, sqlMs: 0 } },
    };
  }
}

/** A policy of one conversation, in which a client speaks. */
class Client implements Policy, Conversation {
  readonly name = "client";
  /** Settled with what the client says next. */
  #turn: PromiseWithResolvers<Turn> | null = null;
  /** Settled when the client may speak again, or the episode is over. */
  #answered: PromiseWithResolvers<void> | null = null;
  #hasLeft = false;

  get hasLeft(): boolean {
    return this.#hasLeft;
  }

  start(): Conversation {
    return this;
  }

  act(): Promise<Turn> {
    if (this.#hasLeft) return Promise.resolve(NOTHING);
    this.#turn = Promise.withResolvers();
    this.#answered?.resolve();
    return this.#turn.promise;
  }

  observe(): void {}

  close(): null {
    return null;
  }

  /** Says a message and waits for what comes of it. */
  say(text: string): Promise<void> {
    this.#answered = Promise.withResolvers();
    const isCut = text.length > MAX_MESSAGE_CHARS;
    this.#turn!.resolve({
      text: isCut ? text.slice(0, MAX_MESSAGE_CHARS) : text,
      finish: isCut ? "length" : "stop",
    });
    return this.#answered.promise;
  }

  /** Says nothing more. */
  leave(error?: unknown): void {
    this.#hasLeft = true;
    this.#turn?.resolve(NOTHING);
    if (error === undefined) this.#answered?.resolve();
    else this.#answered?.reject(error);
  }
}

const NOTHING: Turn = { text: "", finish: "nothing" };
