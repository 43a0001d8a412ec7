/**
 * `finestep serve`: the environment for trainers elsewhere, over OpenEnv, MCP, ORS and verl-tool.
 *
 * @module
 */

import { CREDIT_ALGORITHMS, makeAlgorithm } from "../algorithms/mod.ts";
import { creditOptions } from "../audit/audit.ts";
import { choice, folder, option } from "../config/option.ts";
import { CREDIT_OPTIONS } from "../credit/options.ts";
import { type Dataset, loadDataset } from "../dataset/dataset.ts";
import { hasSplit } from "../dataset/layout.ts";
import { selected } from "../dataset/selection.ts";
import { AnswerResults } from "../env/answer_results.ts";
import { ENV_OPTIONS } from "../env/options.ts";
import { REWARD_OPTIONS, rewardOptions } from "../rewards/options.ts";
import { SqlPool } from "../sandbox/pool.ts";
import { requireToken } from "../server/auth.ts";
import type { ServerEnvironment } from "../server/environment.ts";
import { Groups } from "../server/groups.ts";
import { type HttpServer, serve } from "../server/http.ts";
import { SERVE_OPTIONS } from "../server/options.ts";
import { Sessions } from "../server/sessions.ts";
import { type Keeper, TrajectoryFile } from "../server/trajectory_file.ts";
import { makeTask } from "../tasks/mod.ts";
import { type Flags, given, parseFlags, requireFlagsOnly } from "./args.ts";
import { located } from "./located.ts";
import { VERSION } from "./program.ts";
import { FIXTURE_DATA, SQL_OPTIONS } from "./setup.ts";

export const TABLES = {
  serve: SERVE_OPTIONS,
  questions: {
    data: folder(FIXTURE_DATA, "folder of a data set in BIRD's or Spider's form", "ours"),
    splits: option(
      "",
      "splits to serve, joined by commas, the first one by default (none = all there are)",
      "ours",
    ),
    filter: option(
      "",
      "questions by difficulty, database or id: database=a|b,difficulty=simple",
      "ours",
    ),
    // A query that never ends holds one up to its deadline, and clients are many.
    workers: { ...SQL_OPTIONS.workers, default: 8 },
    now: SQL_OPTIONS.now,
  },
  environment: ENV_OPTIONS,
  rewards: REWARD_OPTIONS,
  credit: {
    algorithm: choice(
      "finestep",
      CREDIT_ALGORITHMS,
      "whose rewards and credit, as in finestep train",
      "ours",
    ),
    ...CREDIT_OPTIONS,
  },
};

type ServeFlags = Flags<typeof TABLES>;

export const HELP = {
  usage: "finestep serve",
  summary:
    "Serves the environment, its rewards and step credit to trainers elsewhere, over OpenEnv,\n" +
    "MCP, ORS and verl-tool on one port (docs/serve.md), until Ctrl-C or SIGTERM",
};

/** In this order; a data set has some of them. */
const SPLITS = ["train", "dev", "mini_dev", "test", "train_others"];

/** Groups kept for each session there may be. */
const GROUPS_PER_SESSION = 4;

/**
 * Serves until it is told to stop.
 *
 * @returns The exit code: 1 if an episode that was to be kept is not.
 * @throws {UsageError} If the command line is not one of this command.
 * @throws {RangeError} If other machines are served without a token, or there is no such question.
 * @throws {Error} If the data set cannot be loaded, the file of trajectories cannot be written, or the
 * port is taken.
 */
export async function run(argv: readonly string[]): Promise<number> {
  const flags = parseFlags(argv, TABLES);
  requireFlagsOnly(flags);
  const { host, port, tokenEnv, maxSessions, idleSeconds, trajectories } = flags.values.serve;
  const token = Deno.env.get(tokenEnv) || null;
  requireToken(host, token, tokenEnv);
  const { workers, now } = flags.values.questions;
  using keeper = trajectories === "" ? null : TrajectoryFile.open(trajectories);
  const roots = [located(flags.values.questions.data)];
  // Clients wait for each statement, so none may wait for a slow one that is another's.
  await using pool = new SqlPool({ roots, workers, maxBatch: 1, now });
  const environment = { ...await servedEnvironment(flags, pool), keeper };
  const limits = { idleMs: 1000 * idleSeconds, now: () => performance.now() };
  const groups = new Groups(environment.credit, {
    ...limits,
    maxGroups: GROUPS_PER_SESSION * maxSessions,
  });
  const sessions = new Sessions({ ...limits, environment, groups, capacity: maxSessions });
  const server = serve({ environment, sessions, groups }, { host, port, token, version: VERSION });
  console.log(
    flags.json ? servedJson(server, environment) : servedText(server, environment, token),
  );
  const signal = await stopSignal();
  console.error(`Stopping, as of ${signal}`);
  await server.shutdown("the server is stopping");
  return keeper === null ? 0 : keptCode(keeper, trajectories);
}

/** Says what became of the episodes that were to be kept; the exit code for it. */
function keptCode({ counts: { kept, lost } }: Keeper, path: string): number {
  console.error(`Kept ${kept} of ${kept + lost} trajectories in ${path}`);
  return lost === 0 ? 0 : 1;
}

async function servedEnvironment(
  flags: ServeFlags,
  pool: SqlPool,
): Promise<Omit<ServerEnvironment, "keeper">> {
  const { serve: { reward }, environment: env, credit: { algorithm: name } } = flags.values;
  const datasets = await servedSplits(flags, pool);
  const answers = new AnswerResults(pool, { timeoutMs: env.answerTimeoutMs });
  const task = makeTask(datasets[0].task, { pool, answers, toolTimeoutMs: env.toolTimeoutMs });
  const { algorithm: _, ...credit } = given(flags, "credit");
  const algorithm = makeAlgorithm(name, credit);
  const { filter } = flags.values.questions;
  const all = { filter, sample: 0, seed: 0, limit: 0 };
  return {
    name: `finestep_${datasets[0].name}`,
    task,
    splits: new Map(datasets.map(({ split, examples }) => [split, selected(examples, all)])),
    episode: env,
    rewards: rewardOptions(algorithm.name, { ...task.rewards, ...given(flags, "rewards") }),
    credit: creditOptions(algorithm),
    scalarReward: reward,
  };
}

async function servedSplits(flags: ServeFlags, pool: SqlPool): Promise<Dataset[]> {
  const { splits } = flags.values.questions;
  const data = located(flags.values.questions.data);
  const names = splits === "" ? await splitsOf(data) : splits.split(",");
  const datasets: Dataset[] = [];
  for (const split of names) datasets.push(await loadDataset(data, { split, pool }));
  for (const warning of datasets.flatMap(({ warnings }) => warnings)) console.error(warning);
  return datasets;
}

/** The splits that a folder has questions of; the one that is missing, where it has none. */
async function splitsOf(data: string): Promise<string[]> {
  const found: string[] = [];
  for (const split of SPLITS) if (await hasSplit(data, split)) found.push(split);
  return found.length > 0 ? found : ["dev"];
}

function servedJson({ url }: HttpServer, { name, splits }: ServerEnvironment): string {
  return JSON.stringify({
    url,
    environment: name,
    splits: Object.fromEntries([...splits].map(([split, examples]) => [split, examples.length])),
  });
}

function servedText(
  { url }: HttpServer,
  { name, splits }: ServerEnvironment,
  token: string | null,
): string {
  const counts = [...splits].map(([split, examples]) => `${split} (${examples.length})`);
  return [
    `Serving ${name}: ${counts.join(", ")}`,
    `  OpenEnv     ${url}: GenericEnvClient(base_url="${url}"), verifiers OpenEnvTaskset`,
    `  ORS         ${url}: TRL OpenRewardSpec("${url}", env_name="${name}")`,
    `  MCP         ${url}/mcp`,
    `  verl-tool   ${url}/get_observation`,
    `  status      ${url}/finestep/status`,
    token === null
      ? "Clients of this machine need no token. Ctrl-C stops."
      : "Clients need the token, as Authorization: Bearer or X-API-Key. Ctrl-C stops.",
  ].join("\n");
}

/** Waits for what stops a program; a second one ends it at once. */
async function stopSignal(): Promise<Deno.Signal> {
  const signals: Deno.Signal[] = Deno.build.os === "windows" ? ["SIGINT"] : ["SIGINT", "SIGTERM"];
  const stopped = Promise.withResolvers<Deno.Signal>();
  const listeners = signals.map((signal) => [signal, () => stopped.resolve(signal)] as const);
  for (const [signal, listener] of listeners) Deno.addSignalListener(signal, listener);
  const signal = await stopped.promise;
  for (const [signal, listener] of listeners) Deno.removeSignalListener(signal, listener);
  return signal;
}
