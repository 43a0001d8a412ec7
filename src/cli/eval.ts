/**
 * `finestep eval`: how a policy, or a file of predictions, does on a benchmark.
 *
 * @module
 */

import { choice, option } from "../config/option.ts";
import { type Dataset, loadBird } from "../dataset/bird.ts";
import type { Example } from "../dataset/example.ts";
import { readPredictions } from "../dataset/predictions.ts";
import { ENGINE_OPTIONS } from "../engines/options.ts";
import { GoldResults } from "../env/gold_results.ts";
import { ENV_OPTIONS, type EnvOptions } from "../env/options.ts";
import { isCorrect } from "../evaluation/execution_accuracy.ts";
import { loadModel } from "../models/model_folder.ts";
import type { Policy } from "../policies/policy.ts";
import { ReplayPolicy } from "../policies/replay.ts";
import { evaluationText } from "../reports/evaluation_report.ts";
import { SqlPool } from "../sandbox/pool.ts";
import { openStore } from "../store/run_store.ts";
import { type Flags, helpText, parseFlags, UsageError } from "./args.ts";
import { type Evaluation, evaluationPhase } from "./evaluation_phase.ts";
import { commandLine, envOptions, FIXTURE_DATA } from "./setup.ts";
import { makeEngine, SHARED_OPTIONS, sourceCommit } from "./setup.ts";
import { outputStyle } from "./terminal.ts";

const TABLES = {
  run: {
    data: option(FIXTURE_DATA, "folder of a data set in BIRD's form", "ours"),
    split: option("", "dev, train, test or mini_dev (none = the one there is, or dev)", "ours"),
    policy: choice("embedded", ["embedded", "replay"], "who answers: a model or a file", "ours"),
    predictions: option("", "BIRD prediction file that replay answers from", "ours"),
    verdicts: option("", "file to write question id -> 0 or 1 to, as JSON (none = not)", "ours"),
    limit: option(0, "questions, from the first (0 = all)", "ours", { range: [0, 1e9] }),
    temperature: option(0, "temperature of sampling (0 = greedy, BIRD's convention)", "neighbour", {
      range: [0, 10],
    }),
    seed: option(1, "seed of sampling and intervals", "ours"),
    ...SHARED_OPTIONS,
  },
  engine: ENGINE_OPTIONS,
  environment: ENV_OPTIONS,
};

const HELP = {
  usage: "finestep eval",
  summary:
    "Runs a policy on a benchmark and reports EX and redundant tool calls with 95 % intervals",
};

type EvalFlags = Flags<typeof TABLES>;

/** A policy that is ready, with the environment's options that go with it. */
interface Contestant extends AsyncDisposable {
  readonly policy: Policy;
  readonly env: EnvOptions;
  readonly warnings: readonly string[];
}

/**
 * Evaluates and prints what was found.
 *
 * @returns The exit code.
 * @throws {UsageError} If the command line is not one of this command.
 * @throws {Error} If the data set, the model or the predictions cannot be loaded.
 */
export async function run(argv: readonly string[]): Promise<number> {
  const flags = parseFlags(argv, TABLES);
  if (flags.help) {
    console.log(helpText(HELP, TABLES));
    return 0;
  }
  checkUsage(flags);
  const { data, split, limit, workers } = flags.values.run;
  await using pool = new SqlPool({ roots: [data], workers });
  const dataset = await loadBird(data, { split: split || undefined, pool });
  const examples = limit === 0 ? dataset.examples : dataset.examples.slice(0, limit);
  await using contestant = await makeContestant(flags, dataset);
  for (const warning of [...dataset.warnings, ...contestant.warnings]) {
    console.error(`warning: ${warning}`);
  }
  const { evaluation, runId } = await evaluated(argv, flags, examples, pool, contestant);
  console.log(
    flags.json ? JSON.stringify({ run: runId, ...evaluation.summary }, null, 2) : evaluationText(
      `${contestant.policy.name} on ${data} ${dataset.split}`,
      evaluation.summary,
      outputStyle(),
    ),
  );
  if (flags.values.run.verdicts) await writeVerdicts(flags.values.run.verdicts, evaluation);
  return 0;
}

function checkUsage({ positionals, values }: EvalFlags): void {
  if (positionals.length > 0) {
    throw new UsageError(`Unknown argument "${positionals[0]}": see "--help"`);
  }
  const { policy, predictions } = values.run;
  if ((policy === "replay") !== (predictions !== "")) {
    throw new UsageError(
      `Cannot evaluate as "--policy replay" and "--predictions" must be given together: policy is ${policy}, predictions ${
        predictions || "none"
      }`,
    );
  }
}

async function makeContestant(flags: EvalFlags, dataset: Dataset): Promise<Contestant> {
  const { run, engine: engineOptions, environment } = flags.values;
  if (run.policy === "replay") {
    const { sqlByExample, warnings } = await readPredictions(run.predictions, dataset.examples);
    const policy = new ReplayPolicy(sqlByExample, run.predictions);
    return { policy, env: environment, warnings, [Symbol.asyncDispose]: async () => {} };
  }
  const model = await loadModel(run.model);
  const engine = await makeEngine(model, engineOptions);
  const { temperature } = run;
  const { maxTurnTokens } = engineOptions;
  return {
    policy: engine.policy({ temperature, maxTurnTokens }),
    env: envOptions(environment, flags, model),
    warnings: [],
    [Symbol.asyncDispose]: () => engine[Symbol.asyncDispose](),
  };
}

async function evaluated(
  argv: readonly string[],
  { values: { run, engine } }: EvalFlags,
  examples: readonly Example[],
  pool: SqlPool,
  { policy, env }: Contestant,
): Promise<{ evaluation: Evaluation; runId: number }> {
  const { seed } = run;
  using store = openStore(run.store);
  const runId = store.startRun({
    kind: "eval",
    command: commandLine("eval", argv),
    options: { run, engine, environment: env },
    seed,
    commit: await sourceCommit(),
    dataSet: run.data,
    algorithm: null,
  });
  const goldResults = new GoldResults(pool, { timeoutMs: env.answerTimeoutMs });
  const options = { ...env, pool, goldResults, seed, concurrency: engine.slots };
  try {
    const destination = { store, runId, phase: "eval" } as const;
    const evaluation = await evaluationPhase("evaluating", examples, policy, options, destination);
    store.finishRun(runId, "finished");
    return { evaluation, runId };
  } catch (error) {
    store.finishRun(runId, "failed");
    throw error;
  }
}

async function writeVerdicts(path: string, { episodes }: Evaluation): Promise<void> {
  const verdicts = episodes.map(({ exampleId, finalResult, goldResult }) => [
    exampleId,
    Number(isCorrect(finalResult, goldResult)),
  ]);
  await Deno.writeTextFile(path, JSON.stringify(Object.fromEntries(verdicts), null, 1) + "\n");
}
