/**
 * The form of a {@linkcode RunIdentity}, for files that hold one.
 *
 * @module
 */

import { z } from "zod";
import type { RunIdentity } from "./identity.ts";

const COUNT = z.int().min(0);

/** 64 hexadecimal digits. */
export const SHA256 = z.string().regex(/^[0-9a-f]{64}$/);

/** What the numbers of an evaluation depend on. */
export const RUN_IDENTITY = z.strictObject({
  dataSet: z.strictObject({
    name: z.string(),
    split: z.string(),
    questionsSha256: SHA256,
    databasesSha256: SHA256,
  }),
  questions: z.strictObject({
    total: COUNT.describe("questions in the split"),
    evaluated: COUNT.describe("questions chosen from it"),
    filter: z.string(),
    sample: COUNT.describe("questions drawn at random; 0 for all"),
    sampleSeed: z.int().nullable(),
    limit: COUNT.describe("how many of the first were kept; 0 for all"),
    goldSha256: SHA256.nullable().describe("gold file in place of the questions' own gold SQL"),
  }),
  quarantine: z.strictObject({ version: z.string(), quarantined: COUNT }).nullable()
    .describe("list of unsound questions"),
  exRule: z.string(),
  policy: z.strictObject({
    kind: z.enum(["model", "predictions", "endpoint"]),
    name: z.string(),
    modelSha256: SHA256.nullable(),
    predictionsSha256: SHA256.nullable(),
    match: z.string().nullable().describe("how predictions were paired with questions"),
    device: z.string().optional().describe("what a model of this process ran on"),
    endpoint: z.strictObject({
      baseUrl: z.string(),
      api: z.string(),
      tools: z.string().describe("how tools are called: in text, or by the API"),
      maxTokens: COUNT.describe("longest message"),
      stop: z.string().describe("text at which a message ends; empty for none"),
      tokenizerSha256: SHA256.nullable().describe("of the tokenizer that made the prompts"),
    }).optional().describe("where a served model was asked; its weights are not known"),
  }),
  prompt: z.strictObject({ template: z.string(), sha256: SHA256 }).nullable(),
  limits: z.strictObject({
    answerTimeoutMs: z.number(),
    toolTimeoutMs: z.number(),
    maxRows: COUNT,
    maxBytes: COUNT,
    maxTurns: COUNT,
  }),
  now: z.string().describe("where SQL's clock stands: an ISO time, or `system`"),
  sqlite: z.string(),
  seed: z.int(),
  samples: COUNT.describe("attempts at each question"),
  temperature: z.number().min(0),
  versions: z.strictObject({ finestep: z.string(), deno: z.string() }),
}) satisfies z.ZodType<RunIdentity>;
