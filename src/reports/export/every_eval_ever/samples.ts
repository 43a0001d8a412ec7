/**
 * Verdicts as samples of Every Eval Ever: for each question one record a score, as the schema links a
 * record to one result.
 *
 * @module
 */

import { createHash } from "node:crypto";
import type { Verdict } from "../../../evaluation/verdict.ts";
import type { Episode } from "../../../trajectory/episode.ts";
import type { ExportedRun } from "../../exported_run.ts";
import {
  type EveryEvalEverFacts,
  type EveryEvalEverNames,
  everyEvalEverNames,
  SCHEMA_VERSION,
} from "./facts.ts";

/** Question and evidence by example id, as published. */
export type QuestionTexts = ReadonlyMap<
  string,
  { readonly question: string; readonly evidence: string }
>;

/** What a question adds to a metric; measures of calls are ratios of sums and have no such score. */
const SCORES: Readonly<Record<string, (verdict: Verdict) => number | null>> = {
  ex: ({ isCorrect }) => Number(isCorrect),
  strict_ex: ({ isStrictlyCorrect }) => Number(isStrictlyCorrect),
  soft_f1: ({ softF1 }) => softF1,
  r_ves: ({ rVesReward }) => rVesReward === null ? null : Math.sqrt(rVesReward),
};

/**
 * The lines of the file, each ending in a line feed, one at a time: with its messages repeated for each
 * score, the file can be larger than a string.
 *
 * @throws {RangeError} If a question's text is not given, or an episode has no verdict.
 */
export function* everyEvalEverSamples(
  exported: ExportedRun,
  questions: QuestionTexts,
  facts: EveryEvalEverFacts,
): Generator<string> {
  const names = everyEvalEverNames(exported, facts);
  const measured = new Set(exported.metrics.map(({ name }) => name));
  const scores = Object.entries(SCORES).filter(([metric]) => measured.has(metric));
  for (const [verdict, episode] of attempts(exported)) {
    const shared = sample(verdict, episode, questions, names, facts);
    for (const [metric, scoreOf] of scores) {
      const score = scoreOf(verdict);
      if (score === null) continue;
      const evaluation = {
        score,
        is_correct: metric === "strict_ex" ? verdict.isStrictlyCorrect : verdict.isCorrect,
        ...episode
          ? { num_turns: Math.max(1, episode.steps.length), tool_calls_count: verdict.calls.length }
          : {},
      };
      const line = { ...shared, evaluation_result_id: names.resultId(metric), evaluation };
      yield `${JSON.stringify(line)}\n`;
    }
  }
}

/** Episodes with their verdicts, then the verdicts that have no episode. */
function* attempts(
  { verdicts, episodes = [] }: ExportedRun,
): Generator<[Verdict, Episode | null]> {
  const key = ({ exampleId, seed }: Pick<Verdict, "exampleId" | "seed">) => `${seed} ${exampleId}`;
  const byAttempt = new Map(verdicts.map((verdict) => [key(verdict), verdict]));
  for (const episode of episodes) {
    const verdict = byAttempt.get(key(episode));
    if (!verdict) {
      throw new RangeError(
        `Cannot export to Every Eval Ever as every episode must have a verdict: question ${episode.exampleId} with seed ${episode.seed} has none`,
      );
    }
    byAttempt.delete(key(episode));
    yield [verdict, episode];
  }
  for (const verdict of byAttempt.values()) yield [verdict, null];
}

/** All of a record but its score. */
function sample(
  verdict: Verdict,
  episode: Episode | null,
  questions: QuestionTexts,
  names: EveryEvalEverNames,
  { modelId }: EveryEvalEverFacts,
) {
  const raw = questionText(verdict, questions);
  const reference = [verdict.goldSql];
  return {
    schema_version: SCHEMA_VERSION,
    evaluation_id: names.evaluationId,
    model_id: modelId,
    evaluation_name: names.evaluationName,
    sample_id: verdict.exampleId,
    sample_hash: sampleHash(raw, reference),
    interaction_type: episode ? "agentic" : "single_turn",
    input: {
      raw,
      ...episode ? { formatted: episode.prompt.map(({ content }) => content).join("\n\n") } : {},
      reference,
    },
    ...episode
      ? { messages: messages(episode) }
      : { output: { raw: verdict.predictedSql === null ? [] : [verdict.predictedSql] } },
    answer_attribution: attribution(verdict, episode),
    ...tokenUsage(episode),
    ...episode ? { performance: { latency_ms: episode.timings.totalMs } } : {},
    ...verdict.message === "" ? {} : { error: `${verdict.outcome}: ${verdict.message}` },
    metadata: {
      db_id: verdict.databaseId,
      difficulty: verdict.difficulty ?? "unrated",
      outcome: verdict.outcome,
      disagreement: verdict.disagreement,
      features: verdict.features.join(" "),
      stop_reason: verdict.stopReason,
      seed: String(verdict.seed),
    },
  };
}

function questionText({ exampleId }: Verdict, questions: QuestionTexts): string {
  const text = questions.get(exampleId);
  if (text) return [text.evidence, text.question].filter((part) => part !== "").join("\n");
  throw new RangeError(
    `Cannot export to Every Eval Ever as every question's text must be at hand: question ${exampleId} is none of ${questions.size}`,
  );
}

/**
 * SHA-256 of what is asked and its reference, by the datastore's recipe: Python's
 * `json.dumps(..., sort_keys=True, separators=(",", ":"))`, which escapes all but printable ASCII.
 */
function sampleHash(raw: string, reference: readonly string[]): string {
  const escaped = JSON.stringify({ raw, reference }).replace(
    /[^ -~]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
  return createHash("sha256").update(escaped).digest("hex");
}

/** The prompt, then each message of the policy with what came back. */
function messages({ prompt, steps }: Episode) {
  const spoken = steps.flatMap(({ text, action, observation }, step) => {
    const id = `call_${step}`;
    const isCall = action.kind === "toolCall";
    const call = isCall
      ? { tool_calls: [{ id, name: action.tool, arguments: texts(action.arguments) }] }
      : {};
    const answer = observation === null ? [] : [{
      role: "tool",
      content: observation,
      ...isCall ? { tool_call_id: [id] } : {},
    }];
    return [{ role: "assistant", content: text, ...call }, ...answer];
  });
  return [...prompt, ...spoken].map((message, index) => ({ turn_idx: index, ...message }));
}

function texts(values: Readonly<Record<string, unknown>>): Record<string, string> {
  const entries = Object.entries(values);
  return Object.fromEntries(
    entries.map((
      [name, value],
    ) => [name, typeof value === "string" ? value : JSON.stringify(value)]),
  );
}

/** Where the answer stands; empty where there is none. */
function attribution({ predictedSql }: Verdict, episode: Episode | null) {
  if (predictedSql === null) return [];
  // The answer ends an episode, so it is the last message.
  const turn = episode ? messages(episode).length - 1 : 0;
  return [{
    turn_idx: turn,
    source: episode ? `messages[${turn}].content` : "output.raw",
    extracted_value: predictedSql,
    extraction_method: episode ? "answer tags" : "prediction file",
    is_terminal: true,
  }];
}

function tokenUsage(episode: Episode | null) {
  if (!episode?.tokens) return {};
  const total = episode.tokens.ids.length;
  const output = episode.tokens.actionMask.reduce((sum, isAction) => sum + isAction, 0);
  return {
    token_usage: { input_tokens: total - output, output_tokens: output, total_tokens: total },
  };
}
