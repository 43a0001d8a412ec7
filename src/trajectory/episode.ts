/**
 * What happened when a policy worked on an example: messages, actions, tool results, and the tokens
 * as they were sampled. Everything before this type produces it; everything after it reads it.
 *
 * Shapes: S steps, T tokens.
 *
 * @module
 */

import type { SqlResult } from "../sandbox/result_set.ts";

/** One chat message. */
export interface Message {
  readonly role: "system" | "user" | "assistant" | "tool";
  readonly content: string;
}

/** Why an assistant message is neither a tool call nor an answer. */
export type Violation =
  | "no_reasoning"
  | "no_action"
  | "mixed_modes"
  | "several_actions"
  | "text_outside_tags"
  | "bad_json"
  | "unknown_tool"
  | "bad_arguments"
  | "bad_answer"
  | "too_long";

/** What an assistant message does. */
export type Action =
  | {
    readonly kind: "toolCall";
    readonly reasoning: string;
    readonly tool: string;
    readonly arguments: Readonly<Record<string, unknown>>;
    /** The query of the call: SQL, or the task's own language. */
    readonly sql: string;
  }
  | {
    readonly kind: "answer";
    readonly reasoning: string;
    /** The answer's text: SQL, or the task's own language. */
    readonly sql: string;
  }
  | { readonly kind: "violation"; readonly violation: Violation; readonly detail: string };

/** One assistant message with what came back. */
export interface Step {
  /** The assistant's message, exactly as sampled. */
  readonly text: string;
  readonly action: Action;
  /** Result of the tool call or of the answer; null after a violation. */
  readonly result: SqlResult | null;
  /** What the policy was shown next; null after the last step. */
  readonly observation: string | null;
}

/** Why an episode ended. */
export type StopReason = "answer" | "turn_limit" | "context_limit" | "no_prediction";

/** Tokens of a whole episode, prompt included, as the policy saw and sampled them. */
export interface Tokens {
  /** Token ids, shape (T,). */
  readonly ids: Int32Array;
  /** 1 where the policy chose the token, shape (T,). */
  readonly actionMask: Uint8Array;
  /** Index of the step a token belongs to, -1 in the prompt and in observations, shape (T,). */
  readonly stepOf: Int16Array;
  /** Logprob of each chosen token when it was sampled, 0 elsewhere, shape (T,). */
  readonly sampledLogprobs: Float32Array;
}

/** One attempt at one example. */
export interface Episode {
  readonly exampleId: string;
  readonly databaseId: string;
  readonly seed: number;
  /** Name of the policy that acted. */
  readonly policy: string;
  readonly prompt: readonly Message[];
  readonly steps: readonly Step[];
  readonly stopReason: StopReason;
  /** The answer's text; null when there was none. */
  readonly finalSql: string | null;
  /** The answer's result; null when there was none. */
  readonly finalResult: SqlResult | null;
  /** SQL, or the task's own language. */
  readonly goldSql: string;
  readonly goldResult: SqlResult;
  /** Null for a policy without tokens: such an episode can be evaluated, not trained on. */
  readonly tokens: Tokens | null;
  readonly timings: { readonly totalMs: number; readonly sqlMs: number };
}
