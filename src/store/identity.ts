/**
 * What the numbers of an evaluation depend on. Two evaluations can be compared where their identities
 * agree but for the policy; a stopped one can go on only under the same identity.
 *
 * @module
 */

/** Everything is a JSON value. Hashes are SHA-256 in hexadecimal. */
export interface RunIdentity {
  readonly dataSet: {
    readonly name: string;
    readonly split: string;
    readonly questionsSha256: string;
    readonly databasesSha256: string;
  };
  readonly questions: {
    /** Questions in the split. */
    readonly total: number;
    /** Questions chosen from it. */
    readonly evaluated: number;
    readonly filter: string;
    /** Questions drawn at random; 0 where all were taken. */
    readonly sample: number;
    readonly sampleSeed: number | null;
    /** How many of the first were kept; 0 where all were. */
    readonly limit: number;
    /** SHA-256 of the gold file that replaces the questions' own gold SQL; null for none. */
    readonly goldSha256: string | null;
  };
  /** Version of the list of unsound questions, and how many of them are among those evaluated. */
  readonly quarantine: { readonly version: string; readonly quarantined: number } | null;
  /** Name of the rule by which answers are right. */
  readonly exRule: string;
  readonly policy: {
    readonly kind: "model" | "predictions" | "endpoint";
    readonly name: string;
    readonly modelSha256: string | null;
    readonly predictionsSha256: string | null;
    /** How predictions were paired with questions. */
    readonly match: string | null;
    /** What a model of this process ran on; absent for all others, and in older runs. */
    readonly device?: string;
    /** Where a served model was asked and how; its weights are not known. Absent for all others. */
    readonly endpoint?: {
      readonly baseUrl: string;
      readonly api: string;
      /** How tools are called: in the message's text, or by the API. */
      readonly tools: string;
      /** Longest message, in tokens. */
      readonly maxTokens: number;
      /** Text at which a message ends; empty for none. */
      readonly stop: string;
      /** SHA-256 of the tokenizer that made the prompts; null where the server made them. */
      readonly tokenizerSha256: string | null;
    };
  };
  /** The template and what it made of the questions; null where nothing was prompted. */
  readonly prompt: { readonly template: string; readonly sha256: string } | null;
  readonly limits: {
    readonly answerTimeoutMs: number;
    readonly toolTimeoutMs: number;
    readonly maxRows: number;
    readonly maxBytes: number;
    readonly maxTurns: number;
  };
  /** Where SQL's clock stands: an ISO time, or `system`. */
  readonly now: string;
  /** Version of SQLite that ran the SQL. */
  readonly sqlite: string;
  readonly seed: number;
  /** Attempts at each question. */
  readonly samples: number;
  readonly temperature: number;
  readonly versions: { readonly finestep: string; readonly deno: string };
}

/**
 * The first place where two identities differ, for instance `limits.answerTimeoutMs: 30000, then 5000`;
 * null where they are the same.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { firstDifference } from "./identity.ts";
 *
 * assert.equal(firstDifference({ a: { b: 1 } }, { a: { b: 2 } }), "a.b: 1, then 2");
 * assert.equal(firstDifference({ a: [1] }, { a: [1] }), null);
 * ```
 */
export function firstDifference(before: unknown, after: unknown, path = ""): string | null {
  if (!isObject(before) || !isObject(after)) {
    const [a, b] = [JSON.stringify(before), JSON.stringify(after)];
    return a === b ? null : `${path}: ${a}, then ${b}`;
  }
  for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const found = firstDifference(before[key], after[key], path ? `${path}.${key}` : key);
    if (found !== null) return found;
  }
  return null;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
