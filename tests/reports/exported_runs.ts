/**
 * Evaluations made by hand, for what is printed and exported.
 *
 * @module
 */

import { aVerdict as storedVerdict } from "../store/episodes.ts";
import type { Verdict } from "../../src/evaluation/verdict.ts";
import type { ExportedRun } from "../../src/reports/exported_run.ts";
import type { RunIdentity } from "../../src/store/identity.ts";
import type { Metric, Run } from "../../src/store/run_store.ts";
import type { Episode } from "../../src/trajectory/episode.ts";

const HASH = "0123456789abcdef".repeat(4);

/** A right answer of a prediction file, but for the changes. */
export function aVerdict(changes: Partial<Verdict> = {}): Verdict {
  return storedVerdict("0", {
    databaseId: "shop",
    goldSql: "SELECT count(*) FROM product",
    predictedSql: "SELECT count(id) FROM product",
    predictedMs: 0.5,
    goldMs: 0.25,
    ...changes,
  });
}

/** Two calls, of which the second repeats the first. */
export const REPEATED_CALLS: Verdict["calls"] = [
  { index: 0, step: 0, classes: [], category: null, hasFailed: false },
  { index: 1, step: 1, classes: ["R1", "R4", "R6"], category: "R1", hasFailed: false },
];

/** Eight questions: right, right but for strict EX, and a few ways to be wrong. */
export const VERDICTS: readonly Verdict[] = [
  aVerdict(),
  aVerdict({ exampleId: "1", isStrictlyCorrect: false, disagreement: "duplicates", softF1: 0.8 }),
  aVerdict({
    exampleId: "2",
    difficulty: "moderate",
    isStrictlyCorrect: false,
    disagreement: "order",
    features: ["join", "ordering", "limit"],
  }),
  aVerdict({
    exampleId: "3",
    difficulty: "moderate",
    databaseId: "rail",
    isCorrect: false,
    isStrictlyCorrect: false,
    outcome: "wrong_rows",
    softF1: 0.5,
    features: ["join"],
  }),
  aVerdict({
    exampleId: "4",
    difficulty: "challenging",
    databaseId: "rail",
    isCorrect: false,
    isStrictlyCorrect: false,
    outcome: "execution_error",
    softF1: 0,
    message: 'no such column: "näme", or so\nit says',
    predictedSql: 'SELECT "näme",\n2 FROM stop',
    features: ["nesting"],
  }),
  aVerdict({
    exampleId: "5",
    difficulty: "challenging",
    databaseId: "rail",
    isCorrect: false,
    isStrictlyCorrect: false,
    outcome: "no_answer",
    softF1: 0,
    predictedSql: null,
    predictedMs: null,
    stopReason: "no_prediction",
    messageCount: 0,
  }),
];

const IDENTITY: RunIdentity = {
  dataSet: { name: "bird", split: "dev", questionsSha256: HASH, databasesSha256: HASH },
  questions: {
    total: 12,
    evaluated: 6,
    filter: "",
    sample: 0,
    sampleSeed: null,
    limit: 6,
    goldSha256: null,
  },
  quarantine: { version: "bird-dev/1", quarantined: 2 },
  exRule: "bird",
  policy: {
    kind: "predictions",
    name: "answers.json",
    modelSha256: null,
    predictionsSha256: HASH,
    match: "position",
  },
  prompt: null,
  limits: {
    answerTimeoutMs: 30_000,
    toolTimeoutMs: 5000,
    maxRows: 1000,
    maxBytes: 1e6,
    maxTurns: 1,
  },
  now: "2024-06-27T00:00:00.000Z",
  sqlite: "3.50.4",
  seed: 1,
  samples: 1,
  temperature: 0,
  versions: { finestep: "0.1.0", deno: "2.9.6" },
};

/** A finished evaluation of a prediction file. */
export const RUN: Run = {
  id: 7,
  kind: "eval",
  started: "2026-01-02T03:04:05.678Z",
  finished: "2026-01-02T03:05:05.000Z",
  status: "finished",
  command: "finestep eval --policy replay --predictions answers.json",
  options: {},
  seed: 1,
  commit: "0123456789ab",
  dataSet: "data/bird",
  algorithm: null,
  identity: IDENTITY,
  trainStepCount: 0,
  episodeCount: 0,
  verdictCount: VERDICTS.length,
};

/** A metric of the phase `eval`, with bounds of 0.1 to either side. */
export function aMetric(name: string, value: number, n = VERDICTS.length): Metric {
  return { phase: "eval", name, value, low: value - 0.1, high: value + 0.1, n };
}

/** The run of {@linkcode VERDICTS}. */
export const EXPORTED: ExportedRun = {
  run: RUN,
  phase: "eval",
  metrics: [aMetric("ex", 0.5), aMetric("strict_ex", 1 / 6), aMetric("soft_f1", 0.55)],
  verdicts: VERDICTS,
};

/** A model's attempt at one question: a call, the same again, and the answer. */
export function agenticRun(): ExportedRun {
  const verdict = aVerdict({ calls: REPEATED_CALLS, excessSteps: 1, messageCount: 3 });
  const policy = { ...IDENTITY.policy, kind: "model", name: "policy", match: null } as const;
  const prompt = { template: "compact", sha256: HASH };
  const questions = { ...IDENTITY.questions, evaluated: 1, limit: 1 };
  return {
    run: { ...RUN, command: "finestep eval", identity: { ...IDENTITY, policy, prompt, questions } },
    phase: "eval",
    metrics: [aMetric("ex", 1, 1), aMetric("redundant_tool_calls", 0.5, 1)],
    verdicts: [verdict],
    episodes: [episodeOf(verdict)],
  };
}

function episodeOf(verdict: Verdict): Episode {
  const sql = verdict.predictedSql!;
  const result = {
    kind: "rows",
    columns: ["count(id)"],
    rows: [[3n]],
    truncated: false,
    elapsedMs: 1,
  } as const;
  const action = { kind: "toolCall", reasoning: "", tool: "execute_sql", arguments: { sql }, sql };
  const call = { text: "<tool_call>", action, result, observation: "3" } as Episode["steps"][0];
  const answer = {
    text: "<answer>",
    action: { kind: "answer", reasoning: "", sql },
    result,
    observation: null,
  } as const;
  return {
    exampleId: verdict.exampleId,
    databaseId: verdict.databaseId,
    seed: verdict.seed,
    policy: "policy",
    prompt: [{ role: "user", content: "product(id)\nquestion: How many products?" }],
    steps: [call, call, answer],
    stopReason: "answer",
    finalSql: sql,
    finalResult: result,
    goldSql: verdict.goldSql,
    goldResult: result,
    tokens: {
      ids: Int32Array.of(1, 2, 3, 4, 5),
      actionMask: Uint8Array.of(0, 0, 1, 0, 1),
      stepOf: Int16Array.of(-1, -1, 0, -1, 1),
      sampledLogprobs: new Float32Array(5),
    },
    timings: { totalMs: 12, sqlMs: 2 },
  };
}
