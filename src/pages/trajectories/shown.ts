/**
 * Stored episodes as the viewer shows them: with the scores that training gave them, and without
 * what nobody reads (tokens, prompts, long results).
 *
 * Shapes: S steps of a trajectory.
 *
 * @module
 */

import type { Algorithm } from "../../algorithms/algorithm.ts";
import { makeAlgorithm } from "../../algorithms/mod.ts";
import { audit, type AuditedTrace } from "../../audit/audit.ts";
import type { Trace } from "../../audit/trace.ts";
import { type Outcome, outcomeOf } from "../../evaluation/outcome.ts";
import type { RedundancyClass } from "../../evaluation/redundancy.ts";
import { type RewardOptions, rewardOptions } from "../../rewards/options.ts";
import { cellText } from "../../sandbox/cell_text.ts";
import type { SqlFailure, SqlResult } from "../../sandbox/result_set.ts";
import type { EpisodeRecord, Phase, Run } from "../../store/run_store.ts";
import type { Step } from "../../trajectory/episode.ts";
import { type Asked, askedIn } from "./asked.ts";

/** Longest texts kept, in characters. */
const MAX_CELL = 80;
const MAX_SQL = 4000;
const MAX_MESSAGE = 2000;
/** Largest result kept. */
const MAX_ROWS = 5;
const MAX_COLUMNS = 8;

/** A question with what it should have given. */
export interface ShownQuestion extends Asked {
  readonly exampleId: string;
  readonly databaseId: string;
  readonly goldSql: string;
  readonly goldResult: ShownResult;
}

/** The first rows of a result and its true size, or why there are none. */
export type ShownResult =
  | {
    readonly kind: "rows";
    /** At most 8. */
    readonly columns: readonly string[];
    /** At most 5, of at most 8 cells; null is NULL. */
    readonly rows: readonly (readonly (string | null)[])[];
    readonly rowCount: number;
    readonly columnCount: number;
    /** Whether the rows counted are not all there were. */
    readonly isCut: boolean;
  }
  | Pick<SqlFailure, "kind" | "message">;

/** What a step earned; see `StepCredit` of the audit. */
export interface ShownCredit {
  readonly hard: number;
  /** Null where the gold result is not known. */
  readonly recall: number | null;
  readonly process: number;
  readonly smoothed: number;
  readonly discounted: number;
  /** Outcome and process mixed. */
  readonly value: number;
  /** Null where no training used it and there is no other attempt to compare with. */
  readonly advantage: number | null;
}

/** One message of the policy, and what came of it. */
export interface ShownStep {
  readonly kind: "toolCall" | "answer" | "violation";
  /** Empty after a violation. */
  readonly reasoning: string;
  /** SQL, or the arguments of a tool without it, or what broke the format and the whole message. */
  readonly text: string;
  readonly result: ShownResult | null;
  readonly credit: ShownCredit;
  /** Redundancy classes of a call; the first that is a category is the one it counts in. */
  readonly classes: readonly RedundancyClass[];
}

/** What became of a trajectory: `imitated` is by supervised training, without advantages. */
export type Use = "trained" | "leftOut" | "imitated" | "evaluated";

/** One attempt at a question. */
export interface ShownTrajectory {
  readonly question: ShownQuestion;
  /** Id of the run that stored it. */
  readonly run: number;
  /** The algorithm that trained the policy, or what the policy is called. */
  readonly algorithm: string;
  /** Seed of the training run, or of the run itself. */
  readonly seed: number;
  readonly phase: Phase;
  /** Counted from 0; null outside of training. */
  readonly trainStep: number | null;
  /** Place in its group, from 0. */
  readonly attempt: number;
  /** Attempts in its group. */
  readonly groupSize: number;
  /** Seed of the episode; with run and phase it names the trajectory. */
  readonly episodeSeed: number;
  readonly use: Use;
  /** The algorithm whose rewards and advantages are shown. */
  readonly scoredBy: string;
  /** Its options of rewards and credit that change what is shown, as `name=value`. */
  readonly scoring: readonly string[];
  readonly outcome: Outcome;
  readonly isCorrect: boolean;
  /** What SQLite or the parser said of a wrong answer; empty where rows differ. */
  readonly message: string;
  /** Reward of the answer. */
  readonly reward: number;
  readonly steps: readonly ShownStep[];
}

/** Whose policy acted, where that is not the run itself. */
export interface ShownOptions {
  /** The training run behind the policy that an evaluation examines: its scoring is used. */
  readonly trainedBy?: Run;
  /** What the policy is called; else by the algorithm that trained it. */
  readonly policy?: string;
}

/**
 * The trajectories of one phase of a run. Attempts that were compared in training are compared here,
 * under the options that the training run recorded; episodes of an evaluation are compared with the
 * other attempts at their question. What no policy gradient trained is scored as `finestep.default`.
 *
 * @param records `store.episodes(run.id, phase)`, in the order stored; a train step is held at a time.
 */
export function* shownTrajectories(
  run: Run,
  records: Iterable<EpisodeRecord>,
  { trainedBy = run, policy = trainedBy.algorithm ?? "no training run" }: ShownOptions = {},
): Generator<ShownTrajectory> {
  const scoring = scoringOf(trainedBy);
  const common = {
    run: run.id,
    seed: trainedBy.seed,
    algorithm: policy,
    scoredBy: scoring.algorithm.name,
    scoring: scoringText(scoring),
  };
  for (const together of byTrainStep(records)) {
    const groups = groupsOf(together, trainedBy);
    const uses = usesOf(groups.map(([{ isKept }]) => isKept!), trainedBy, together[0].phase);
    for (const [g, group] of groups.entries()) {
      for (const [attempt, trace] of group.entries()) {
        yield { ...common, ...shown(trace, uses[g]), attempt };
      }
    }
  }

  function groupsOf(together: readonly EpisodeRecord[], { options }: Run) {
    const groupSize = together[0].phase === "train" ? trainingOf(options).groupSize : Infinity;
    const traces = tracesOf(together, groupSize);
    const audited = audit(traces, scoring.algorithm, scoring.rewards)
      .map((trace, n) => ({ ...trace, record: together[n] }));
    return [...Map.groupBy(audited, ({ group }) => group).values()];
  }
}

interface Scoring {
  readonly algorithm: Algorithm;
  readonly rewards: RewardOptions;
}

interface ScoredRecord extends AuditedTrace {
  readonly record: EpisodeRecord;
}

/** The scoring that a training run recorded; FineStep's own where there was no policy gradient. */
function scoringOf({ algorithm: name, options }: Run): Scoring {
  if (name === null || name === "sft") {
    const algorithm = makeAlgorithm("finestep");
    return { algorithm, rewards: rewardOptions(algorithm.name) };
  }
  const { credit, rewards } = options as Readonly<Record<string, Record<string, unknown>>>;
  return { algorithm: makeAlgorithm(name, credit), rewards: rewardOptions(name, rewards) };
}

/** The options that a reader needs to work the numbers out again. */
const SCORING_NAMES = [
  ...["outcome", "hardMode", "recall", "recallGuard", "softWeight", "processCombine"],
  ...["finalStepProcess", "redundancyPenalty"],
  ...["lambda", "gamma", "creditForm", "smoothing", "smoothingStrength", "normGroup", "baseline"],
  ...["normStd", "singleton", "trajectoryWeight", "stepWeight"],
];

function scoringText({ algorithm, rewards }: Scoring): string[] {
  const options: Readonly<Record<string, unknown>> = { ...rewards, ...algorithm.options };
  return SCORING_NAMES.map((name) => `${name}=${options[name]}`);
}

/** The records of each train step; all of an evaluation together. */
function* byTrainStep(records: Iterable<EpisodeRecord>): Generator<EpisodeRecord[]> {
  let together: EpisodeRecord[] = [];
  for (const record of records) {
    if (together.length > 0 && record.trainStep !== together[0].trainStep) {
      yield together;
      together = [];
    }
    together.push(record);
  }
  if (together.length > 0) yield together;
}

/**
 * Records as traces. A question that is drawn twice in a train step (the end of an epoch) has two
 * groups, which are stored one after the other.
 */
function tracesOf(records: readonly EpisodeRecord[], groupSize: number): Trace[] {
  const seen = new Map<string, number>();
  return records.map(({ episode, isCorrect }, line) => {
    const { databaseId, exampleId } = episode;
    const question = JSON.stringify([databaseId, exampleId]);
    const before = seen.get(question) ?? 0;
    seen.set(question, before + 1);
    return {
      line,
      id: `${exampleId}/${episode.seed}`,
      group: `${Math.floor(before / groupSize)} ${question}`,
      episode,
      messages: [],
      hasRows: true,
      hasGold: true,
      outcome: isCorrect ? 1 : 0,
    };
  });
}

/** A train step uses the first groups that the algorithm keeps, as many as it asks for. */
function usesOf(isKept: readonly boolean[], { algorithm, options }: Run, phase: Phase): Use[] {
  if (phase !== "train") return isKept.map(() => "evaluated");
  if (algorithm === "sft") return isKept.map(() => "imitated");
  let left = trainingOf(options).groupsPerStep;
  return isKept.map((kept) => kept && left-- > 0 ? "trained" : "leftOut");
}

function trainingOf({ training }: Run["options"]) {
  return training as { readonly groupSize: number; readonly groupsPerStep: number };
}

function shown(trace: ScoredRecord, use: Use) {
  const { record: { episode, phase, trainStep, outcome: reward, isCorrect }, groupSize } = trace;
  return {
    question: {
      exampleId: episode.exampleId,
      databaseId: episode.databaseId,
      ...askedIn(episode.prompt),
      goldSql: shortened(episode.goldSql, MAX_SQL),
      goldResult: shownResult(episode.goldResult),
    },
    phase,
    trainStep,
    groupSize,
    episodeSeed: episode.seed,
    use,
    ...outcomeOf(episode, isCorrect),
    isCorrect,
    reward,
    steps: episode.steps.map((step, s) => shownStep(step, s, trace, use)),
  };
}

function shownStep(step: Step, s: number, trace: ScoredRecord, use: Use): ShownStep {
  const { action, result } = step;
  return {
    kind: action.kind,
    reasoning: action.kind === "violation" ? "" : shortened(action.reasoning, MAX_MESSAGE),
    text: textOf(step),
    result: result && shownResult(result),
    credit: creditOf(trace, s, use),
    classes: trace.redundancy.calls.find((call) => call.step === s)?.classes ?? [],
  };
}

function textOf({ action, text }: Step): string {
  if (action.kind === "violation") {
    return shortened(`${action.violation}: ${action.detail}\n${text}`, MAX_MESSAGE);
  }
  const isBare = action.kind === "toolCall" && action.sql === "";
  return shortened(isBare ? JSON.stringify(action.arguments) : action.sql, MAX_SQL);
}

function creditOf({ credit, groupSize }: ScoredRecord, s: number, use: Use): ShownCredit {
  const { hard, recall, process, smoothed } = credit;
  // The outcome of a stored episode is known, and so what is compared.
  const { discounted, values, advantages } = credit.compared!;
  const isAlone = groupSize === 1 && (use === "evaluated" || use === "imitated");
  return {
    hard: hard[s],
    recall: recall && recall[s],
    process: process[s],
    smoothed: smoothed[s],
    discounted: discounted[s],
    value: values[s],
    advantage: isAlone ? null : advantages[s],
  };
}

function shownResult(result: SqlResult): ShownResult {
  if (result.kind !== "rows") {
    return { kind: result.kind, message: shortened(result.message, MAX_MESSAGE) };
  }
  const { columns, rows, truncated } = result;
  const cell = (value: typeof rows[number][number]) =>
    value === null ? null : shortened(cellText(value), MAX_CELL);
  return {
    kind: "rows",
    columns: columns.slice(0, MAX_COLUMNS).map((name) => shortened(name, MAX_CELL)),
    rows: rows.slice(0, MAX_ROWS).map((row) => row.slice(0, MAX_COLUMNS).map(cell)),
    rowCount: rows.length,
    columnCount: columns.length,
    isCut: truncated,
  };
}

/** A text of at most `most` characters that says how many were left out. */
function shortened(text: string, most: number): string {
  if (text.length <= most) return text;
  const end = text.slice(0, most).replace(/[\uD800-\uDBFF]$/, "").length;
  return `${text.slice(0, end)}… (${text.length - end} more characters)`;
}
