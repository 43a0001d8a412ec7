/**
 * What a tree is found to do: the evaluation of the gate, with the hard gates that need no baseline.
 *
 * @module
 */

import { cpus } from "node:os";
import manifest from "../../deno.json" with { type: "json" };
import type { Example } from "../dataset/example.ts";
import { arithmeticSha256 } from "../engines/arithmetic.ts";
import { AnswerResults } from "../env/answer_results.ts";
import { byAnswers, evaluate, type Trial, trialsOf } from "../evaluation/evaluate.ts";
import { type Verdict, verdictOf } from "../evaluation/verdict.ts";
import { attemptOf, type Exams } from "../gate/attempt.ts";
import type { Machine } from "../gate/baseline.ts";
import { frozenValues, shownValues } from "../gate/frozen.ts";
import {
  determinismGate,
  goldGate,
  type HardGate,
  sandboxGate,
  shownGate,
} from "../gate/hard_gates.ts";
import type { Candidate } from "../gate/judge.ts";
import { resultHash } from "../leaderboard/result_hash.ts";
import { fileSha256 } from "../store/file_hashes.ts";
import { firstDifference } from "../store/identity.ts";
import { openStore } from "../store/run_store.ts";
import { makeTask } from "../tasks/mod.ts";
import type { Episode } from "../trajectory/episode.ts";
import { type Arena, openArena } from "./arena.ts";
import { parseFlags } from "./args.ts";
import type { Contestant } from "./contestant.ts";
import { EVAL_TABLES, type EvalFlags } from "./eval_options.ts";
import { attacked } from "./gate_attacks.ts";
import { replayFrozen } from "./gate_frozen.ts";
import { type GateParts, PARTS } from "./gate_parts.ts";
import { Progress } from "./progress.ts";
import { runIdentity } from "./run_identity.ts";

/** What is evaluated, and how. */
export interface GateSetup {
  readonly data: string;
  /** Empty for the one there is, or dev. */
  readonly split: string;
  /** Folder of the policy. */
  readonly model: string;
  /** List of unsound questions; empty for none. */
  readonly quarantine: string;
  /** Questions, from the first; 0 for all. */
  readonly limit: number;
  /** Sampled attempts at each question. */
  readonly samples: number;
  readonly seed: number;
  readonly threads: number;
  readonly workers: number;
}

/** Sampled as in training; greedy is BIRD's convention. */
const TEMPERATURES: Exams<number> = { greedy: 0, sampled: 1 };

/** Questions that are attempted a second time, evenly spread. */
const REPEATED = 24;

/** What SQL and policies did to the questions, and what was lost on the way. */
interface Examined {
  readonly verdicts: readonly Verdict[];
  /** Ids of questions on which the environment failed. */
  readonly broken: readonly string[];
}

/**
 * Evaluates a tree.
 *
 * @throws {Error} If data, policy or frozen trajectories cannot be loaded.
 */
export async function candidateOf(setup: GateSetup, parts: GateParts = PARTS): Promise<Candidate> {
  const flags = evalFlags(setup);
  // Results of earlier evaluations must not stand in for those of this one.
  using store = openStore(":memory:");
  await using arena = await openArena(store, flags, { schemas: "read" });
  const { databases, examples } = arena.dataset;
  const before = await Promise.all(databases.map(({ path }) => fileSha256(path)));
  const gold = await goldCheck(arena);
  const chosen = setup.limit === 0 ? examples : examples.slice(0, setup.limit);
  const place = { setup, parts, arena, flags };
  const first = await examsOf(place, "attempts", chosen, setup.samples);
  const every = Math.ceil(chosen.length / REPEATED);
  const repeated = chosen.filter((_, index) => index % every === 0);
  const second = await examsOf(place, "attempts again", repeated, 1);
  const after = await Promise.all(databases.map(({ path }) => fileSha256(path)));
  const sandbox = sandboxGate({
    databases: databases.length,
    changed: databases.filter((_, d) => before[d] !== after[d]).map(({ id }) => id),
    broken: [...gold.broken, ...first.broken, ...second.broken],
    ...await attacked(databases[0]),
  });
  const replayed = await replayFrozen(parts.replay);
  const attempts = mapped(first.verdicts, (some) => some.map(attemptOf));
  return {
    machine: await machineOf(setup),
    identity: first.identity,
    attempts,
    hashes: mapped(first.verdicts, resultHash),
    frozen: frozenValues(replayed, parts),
    trajectories: replayed.length,
    gates: [
      gold.gate,
      sandbox,
      repeatGate(first.verdicts, second.verdicts),
      shownGate(
        firstDifference(...shownValues(replayed)),
        replayed.reduce((sum, { shown }) => sum + shown.filter((text) => text !== null).length, 0),
      ),
    ],
  };
}

function mapped<T, R>(exams: Exams<T>, change: (one: T) => R): Exams<R> {
  return { greedy: change(exams.greedy), sampled: change(exams.sampled) };
}

/** The evaluation's options as those of `finestep eval`, on all questions, so that identities agree. */
function evalFlags({ data, split, quarantine, seed, threads, workers }: GateSetup): EvalFlags {
  return parseFlags([
    ...["--data", data, "--split", split, "--quarantine", quarantine],
    ...["--seed", `${seed}`, "--threads", `${threads}`, "--workers", `${workers}`],
  ], EVAL_TABLES);
}

async function goldCheck(arena: Arena): Promise<{ gate: HardGate; broken: readonly string[] }> {
  const { examples, task, quarantine } = arena;
  const gold = new Map(examples.map(({ id, goldSql }) => [id, goldSql]));
  using progress = new Progress({ label: "gold SQL", total: examples.length });
  const { verdicts, broken } = await examined({
    trials: trialsOf(examples, { seed: 0 }),
    attempt: byAnswers(gold, { policy: "gold", task }),
    concurrency: 64,
  }, progress);
  const sound = verdicts.filter(({ exampleId }) => !quarantine?.ids.has(exampleId));
  return {
    gate: goldGate({
      wrong: sound.filter(({ isCorrect }) => !isCorrect).map(({ exampleId }) => exampleId),
      sound: sound.length,
      quarantined: verdicts.length - sound.length,
    }),
    broken,
  };
}

interface Place {
  readonly setup: GateSetup;
  readonly parts: GateParts;
  readonly arena: Arena;
  readonly flags: EvalFlags;
}

/** Both exams on some questions, by engines and with results of SQL of their own. */
async function examsOf(
  { setup, parts, arena, flags }: Place,
  label: string,
  examples: readonly Example[],
  samples: number,
) {
  const { model, seed } = setup;
  const { engine } = flags.values;
  const { pool, env: { answerTimeoutMs: timeoutMs, toolTimeoutMs } } = arena;
  const answers = new AnswerResults(pool, { timeoutMs });
  const task = makeTask(arena.dataset.task, { pool, answers, toolTimeoutMs });
  using progress = new Progress({ label, total: examples.length * (1 + samples) });
  const taken = async (exam: keyof Exams, samples: number) => {
    const temperature = TEMPERATURES[exam];
    await using contestant = await parts.contestant(
      {
        model,
        engine,
        seed,
        temperature,
        samples,
        isTemplateGiven: false,
        toolResults: "template",
      },
      { ...arena, answers, task },
    );
    const trials = trialsOf(examples, { seed, samples });
    return {
      ...await examined({ ...contestant, trials }, progress),
      identity: await identityOf(arena, contestant, flags),
    };
  };
  const [greedy, sampled] = [await taken("greedy", 1), await taken("sampled", samples)];
  return {
    identity: greedy.identity,
    verdicts: { greedy: greedy.verdicts, sampled: sampled.verdicts },
    broken: [...greedy.broken, ...sampled.broken],
  };
}

/** All that results depend on but code and machine. */
async function identityOf(
  arena: Arena,
  contestant: Contestant,
  { values }: EvalFlags,
): Promise<Candidate["identity"]> {
  const { dataSet, quarantine, exRule, policy, prompt, limits, now, sqlite, seed } =
    await runIdentity(arena, contestant, values);
  const { maxTurnTokens } = values.engine;
  return {
    ...{ dataSet, quarantine, exRule, prompt, now, sqlite, seed },
    limits: { ...limits, maxTurnTokens },
    policy: policy.modelSha256,
    temperatures: TEMPERATURES,
  };
}

/** Verdicts in the order of the trials. */
async function examined(
  { trials, attempt, concurrency }: Pick<Contestant, "trials" | "attempt" | "concurrency">,
  progress: Progress,
): Promise<Examined> {
  const verdicts = new Map<string, Verdict>();
  const broken: string[] = [];
  for await (const { episode, ...trial } of evaluate(trials, attempt, { concurrency })) {
    const verdict = verdictOf(episode, trial.example);
    verdicts.set(trialKey(trial), verdict);
    if (isBroken(episode, verdict)) broken.push(episode.exampleId);
    progress.advance();
  }
  return { verdicts: trials.map((trial) => verdicts.get(trialKey(trial))!), broken };
}

function trialKey({ example, seed }: Trial): string {
  return `${seed} ${example.id}`;
}

function isBroken({ steps }: Episode, { outcome }: Verdict): boolean {
  return outcome === "environment" || steps.some(({ result }) => result?.kind === "crashed");
}

/** The second attempts against the first at the same questions. */
function repeatGate(
  first: Exams<readonly Verdict[]>,
  second: Exams<readonly Verdict[]>,
): HardGate {
  const keyOf = ({ exampleId, seed }: Verdict) => `${exampleId} ${seed}`;
  const again = (exam: keyof Exams) => {
    const keys = new Set(second[exam].map(keyOf));
    return first[exam].filter((verdict) => keys.has(keyOf(verdict)));
  };
  const same = { greedy: again("greedy"), sampled: again("sampled") };
  const hashes = (exam: keyof Exams): [string, string] => [
    resultHash(same[exam]),
    resultHash(second[exam]),
  ];
  const attempts = (some: readonly Verdict[]) => some.map(attemptOf);
  return determinismGate(
    mapped(same, attempts),
    mapped(second, attempts),
    { greedy: hashes("greedy"), sampled: hashes("sampled") },
  );
}

async function machineOf({ threads }: GateSetup): Promise<Machine> {
  return {
    cpu: cpus()[0]?.model ?? "unknown",
    os: `${Deno.build.os} ${Deno.build.arch}`,
    arithmetic: await arithmeticSha256({ threads }),
    onnxruntime: manifest.imports["onnxruntime-node"].split("@").at(-1)!,
    deno: Deno.version.deno,
    threads,
  };
}
