/**
 * Rows of the leaderboard made by hand.
 *
 * @module
 */

import { identified } from "../../src/leaderboard/board.ts";
import type { Examined } from "../../src/leaderboard/row.ts";
import type { Row, Score } from "../../src/leaderboard/schema.ts";
import type { RunIdentity } from "../../src/store/identity.ts";
import { EXPORTED, RUN, VERDICTS } from "../reports/exported_runs.ts";

const HASH = "0123456789abcdef".repeat(4);

/** An identity of a model that answers greedily, but for the changes. */
export function anIdentity(changes: Partial<RunIdentity> = {}): RunIdentity {
  return {
    ...RUN.identity!,
    policy: {
      kind: "model",
      name: "results/runs/2/policy",
      modelSha256: HASH,
      predictionsSha256: null,
      match: null,
    },
    prompt: { template: "compact", sha256: HASH },
    ...changes,
  };
}

/** A finished evaluation of GRPO's policy of seed 1, but for the changes. */
export function anExamined(changes: Partial<Examined> = {}): Examined {
  return {
    runId: 3,
    identity: anIdentity(),
    system: { name: "grpo", kind: "trained", algorithm: "grpo", settings: { trainSteps: 36 } },
    training: { command: "finestep train --algorithm grpo", commit: "0123456789ab" },
    dataSet: "minibird",
    command: "finestep eval --model results/runs/2/policy",
    commit: "0123456789ab",
    finished: "2026-01-02T03:04:05.678Z",
    verdicts: VERDICTS,
    metrics: EXPORTED.metrics,
    ...changes,
  };
}

/** A score with bounds of 0.1 to either side, of two seeds. */
export function aScore(value: number): Score {
  return {
    value,
    low: value - 0.1,
    high: value + 0.1,
    n: 40,
    overSeeds: { mean: value, sd: 0.02 },
  };
}

/** A row of two seeds, but for the changes. */
export function aRow({ ex = 0.5, redundancy = 0.2, ...changes }: Partial<Row> & {
  readonly ex?: number;
  readonly redundancy?: number;
} = {}): Row {
  const { policy: _, seed: __, versions, ...exam } = anIdentity();
  const run = (seed: number) => ({
    seed,
    policySha256: HASH,
    // Another result for each value.
    resultHash: String(seed + Math.round(1000 * ex)).padStart(64, "0"),
    command: `finestep eval --seed ${seed}`,
    training: { command: `finestep train --seed ${seed}`, commit: "0123456789ab" },
    values: { ex },
  });
  const { id: _id, ...content } = {
    id: "",
    name: "grpo",
    kind: "trained" as const,
    algorithm: "grpo",
    dataSet: "minibird",
    exam,
    measures: {
      ex: aScore(ex),
      redundant_tool_calls: aScore(redundancy),
      tool_calls: aScore(1.5),
    },
    runs: [run(1), run(2)],
    commit: "0123456789ab",
    versions,
    date: "2026-01-02T03:04:05.678Z",
    ...changes,
  };
  return identified(content);
}
