import type { Episode } from "../../src/trajectory/episode.ts";
import type { Verdict } from "../../src/evaluation/verdict.ts";
import type { EpisodeRecord, RunStart } from "../../src/store/run_store.ts";

/** A training run about to start. */
export const RUN: RunStart = {
  kind: "train",
  command: "finestep train --seed 3",
  options: { seed: 3, learningRate: 1e-4 },
  seed: 3,
  commit: "abc123",
  dataSet: "minibird dev",
  algorithm: "finestep",
  identity: null,
};

/** An episode of one tool call and one answer. */
export function anEpisode(exampleId: string): Episode {
  const rows = {
    kind: "rows",
    columns: ["n"],
    rows: [[3n]],
    truncated: false,
    elapsedMs: 1,
  } as const;
  const sql = "SELECT count(*) FROM singer";
  const call = { kind: "toolCall", reasoning: "", tool: "execute_sql", arguments: { sql }, sql };
  return {
    exampleId,
    databaseId: "concert",
    seed: 11,
    policy: "scripted",
    prompt: [{ role: "user", content: "How many singers?" }],
    steps: [
      {
        text: "call",
        action: call as Episode["steps"][0]["action"],
        result: rows,
        observation: "3",
      },
      {
        text: "answer",
        action: { kind: "answer", reasoning: "", sql },
        result: rows,
        observation: null,
      },
    ],
    stopReason: "answer",
    finalSql: sql,
    finalResult: rows,
    goldSql: sql,
    goldResult: rows,
    tokens: null,
    timings: { totalMs: 5, sqlMs: 2 },
  };
}

/** The verdict on a right answer. */
export function aVerdict(exampleId: string, changes: Partial<Verdict> = {}): Verdict {
  return {
    exampleId,
    databaseId: "concert",
    difficulty: "simple",
    seed: 11,
    goldSql: "SELECT count(*) FROM singer",
    predictedSql: "SELECT count(*) FROM singer",
    isCorrect: true,
    isStrictlyCorrect: true,
    disagreement: "same",
    softF1: 1,
    rVesReward: null,
    outcome: "right",
    message: "",
    features: ["aggregation"],
    calls: [],
    excessSteps: null,
    messageCount: 1,
    violationCount: 0,
    stopReason: "answer",
    predictedMs: 0.25,
    goldMs: 0.125,
    ...changes,
  };
}

/** The episode's record in a train step. */
export function aRecord(exampleId: string, trainStep: number | null): EpisodeRecord {
  return {
    phase: trainStep === null ? "after" : "train",
    trainStep,
    outcome: 1,
    isCorrect: true,
    redundantCalls: 1,
    episode: anEpisode(exampleId),
  };
}
