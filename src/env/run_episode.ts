/**
 * One episode: a policy works on an example, turn by turn, until it answers or has to stop.
 *
 * @module
 */

import { defaults } from "../config/option.ts";
import type { Example } from "../dataset/example.ts";
import type { Conversation, Policy, Turn } from "../policies/policy.ts";
import type { SqlResult } from "../sandbox/result_set.ts";
import type { Action, Episode, Message, Step, StopReason, Tokens } from "../trajectory/episode.ts";
import { errorText, OBSERVATION_FORMATS, observationText } from "./observation.ts";
import { EPISODE_OPTIONS, type EpisodeSettings } from "./options.ts";
import { parseAction } from "./parse.ts";
import type { Task } from "./task.ts";
import type { Arguments } from "./tool.ts";

/** What one episode needs; options not given take their defaults. */
export interface EpisodeOptions extends Partial<EpisodeSettings> {
  /** What the example is an example of. */
  readonly task: Task;
  /** Seed of the policy's random choices. */
  readonly seed: number;
  /** Is told of each step before the policy sees what came of it. */
  readonly onStep?: (step: Step) => void;
}

/** The options in force, with their defaults filled in. */
type Settings = EpisodeSettings & EpisodeOptions;

/** What was said and done. */
interface Dialogue {
  readonly steps: readonly Step[];
  readonly stopReason: StopReason;
  readonly tokens: Tokens | null;
}

/**
 * Runs one episode. The policy begins to act before this function first waits for anything, so
 * that episodes begun together are together for the policy as well.
 *
 * @returns The record; the same for the same policy, example and seed, up to timings.
 * @throws What the policy throws. Calls that fail and messages that break the format are data.
 */
export async function runEpisode(
  example: Example,
  policy: Policy,
  options: EpisodeOptions,
): Promise<Episode> {
  const startedMs = performance.now();
  const settings: Settings = { ...defaults(EPISODE_OPTIONS), ...options };
  const { task, template, seed } = settings;
  const prompt = task.prompt(example, template);
  const [{ steps, stopReason, tokens }, gold] = await Promise.all([
    converse(policy, prompt, example, settings),
    task.gold(example),
  ]);
  const answer = steps.find(({ action }) => action.kind === "answer") ?? null;
  return {
    exampleId: example.id,
    databaseId: example.database.id,
    seed,
    policy: policy.name,
    prompt,
    steps,
    stopReason,
    finalSql: answer?.action.kind === "answer" ? answer.action.sql : null,
    finalResult: answer?.result ?? null,
    goldSql: example.goldSql,
    goldResult: gold,
    tokens,
    timings: {
      totalMs: performance.now() - startedMs,
      sqlMs: steps.reduce((sum, { result }) => sum + (result?.elapsedMs ?? 0), 0),
    },
  };
}

/** Holds the conversation and closes it, whatever happens in it. */
async function converse(
  policy: Policy,
  prompt: readonly Message[],
  example: Example,
  settings: Settings,
): Promise<Dialogue> {
  const conversation = policy.start(prompt, { exampleId: example.id, seed: settings.seed });
  const steps: Step[] = [];
  let stopReason: StopReason;
  let tokens: Tokens | null = null;
  try {
    stopReason = await takeTurns(conversation, steps, example, settings);
  } finally {
    tokens = conversation.close();
  }
  return { steps, stopReason, tokens };
}

/** Adds a step for each message of the policy, until one ends the episode. */
async function takeTurns(
  conversation: Conversation,
  steps: Step[],
  example: Example,
  settings: Settings,
): Promise<StopReason> {
  for (;;) {
    const turn = await conversation.act();
    if (turn.finish === "nothing") return "no_prediction";
    // The context was full before the first token, so there is no message to record.
    if (turn.finish === "context" && turn.text === "") return "context_limit";
    const action = actionOf(turn, settings);
    const result = await resultOf(action, example, settings);
    const stopReason = stopReasonAfter(action, turn, steps.length + 1, settings);
    const observation = stopReason === null ? observationOf(action, result, settings) : null;
    const step = { text: turn.text, action, result, observation };
    steps.push(step);
    settings.onStep?.(step);
    if (stopReason !== null) return stopReason;
    conversation.observe(observation!);
  }
}

/** Reads a message; one that was cut short counts only if it is whole all the same. */
function actionOf({ text, finish }: Turn, { task }: Settings): Action {
  const action = parseAction(text, task);
  return finish === "stop" || action.kind !== "violation"
    ? action
    : { kind: "violation", violation: "too_long", detail: "the message is too long" };
}

function stopReasonAfter(
  action: Action,
  { finish }: Turn,
  turnCount: number,
  { maxTurns }: Settings,
): StopReason | null {
  if (action.kind === "answer") return "answer";
  if (finish === "context") return "context_limit";
  return turnCount >= maxTurns ? "turn_limit" : null;
}

/** What the action gives; null for a message that asks for nothing. */
function resultOf(action: Action, example: Example, { task }: Settings): Promise<SqlResult> | null {
  switch (action.kind) {
    case "violation":
      return null;
    case "toolCall":
      return task.tools.find(({ name }) => name === action.tool)!
        .run(action.arguments as Arguments, example);
    case "answer":
      return task.answer(action.sql, example);
  }
}

function observationOf(
  action: Action,
  result: SqlResult | null,
  { template, maxObservationRows }: Settings,
): string {
  const format = OBSERVATION_FORMATS[template];
  if (action.kind === "violation") return errorText(action.detail, format);
  const maxRows = maxObservationRows === 0 ? format.maxRows : maxObservationRows;
  return result === null ? "" : observationText(result, { ...format, maxRows });
}
