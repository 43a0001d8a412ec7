/**
 * Where contestants are evaluated: the questions, the pool that runs SQL, and the results of SQL that
 * are known already. All evaluations of one command share it.
 *
 * @module
 */

import { type Dataset, loadDataset } from "../dataset/dataset.ts";
import type { Example } from "../dataset/example.ts";
import { type DatasetFingerprint, datasetFingerprint } from "../dataset/fingerprint.ts";
import { selected } from "../dataset/selection.ts";
import { AnswerResults, type KeptResults } from "../env/answer_results.ts";
import { ANSWER_CAPS, type EnvOptions } from "../env/options.ts";
import type { Task } from "../env/task.ts";
import { SqlPool } from "../sandbox/pool.ts";
import { sqliteVersion } from "../sandbox/sqlite_version.ts";
import { FileHashes } from "../store/file_hashes.ts";
import { ResultCache } from "../store/result_cache.ts";
import type { RunStore } from "../store/run_store.ts";
import { makeTask } from "../tasks/mod.ts";
import type { EvalFlags } from "./eval_options.ts";
import { located } from "./located.ts";

/** What contestants work with. */
export interface Arena extends AsyncDisposable {
  readonly dataset: Dataset;
  readonly fingerprint: DatasetFingerprint;
  /** The questions chosen from the data set. */
  readonly examples: readonly Example[];
  /** The list of unsound questions: its version, and their ids. */
  readonly quarantine: { readonly version: string; readonly ids: ReadonlySet<string> } | null;
  readonly pool: SqlPool;
  readonly answers: AnswerResults;
  /** What the examples are examples of. */
  readonly task: Task;
  /** As the command line has them. */
  readonly env: EnvOptions;
  /** Version of the SQLite that SQL runs on. */
  readonly sqlite: string;
}

/**
 * Loads the data set and makes ready what runs SQL on it.
 *
 * @param options.schemas `skip` where nothing is prompted: a file of answers needs no schema.
 * @throws {Error} If the data set or the quarantine list cannot be loaded.
 * @throws {RangeError} If no question is chosen.
 */
export async function openArena(
  store: RunStore,
  { values: { run, environment: env } }: EvalFlags,
  { schemas }: { readonly schemas: "read" | "skip" },
): Promise<Arena> {
  const { split, gold, workers, now } = run;
  const data = located(run.data);
  const sqlite = sqliteVersion();
  await using opened = new AsyncDisposableStack();
  const pool = opened.use(new SqlPool({ roots: [data], workers, now }));
  const cache = opened.use(new ResultCache(store.file));
  const dataset = await loadDataset(data, {
    ...{ split: split || undefined, gold: gold || undefined, pool, schemas },
  });
  const files = new FileHashes(store.file);
  const fingerprint = await datasetFingerprint(dataset, (path) => files.sha256(path));
  const hashes = await databaseHashes(dataset, files);
  const timeoutMs = env.answerTimeoutMs;
  const context = JSON.stringify({ ...ANSWER_CAPS, timeoutMs, now, sqlite });
  const answers = new AnswerResults(pool, {
    timeoutMs,
    kept: keptResults(cache, hashes, context),
  });
  const arena = {
    dataset,
    fingerprint,
    examples: selected(dataset.examples, run),
    quarantine: run.quarantine ? await quarantined(run.quarantine, fingerprint) : null,
    task: makeTask(dataset.task, { pool, answers, toolTimeoutMs: env.toolTimeoutMs }),
    ...{ pool, answers, env, sqlite },
  };
  const resources = opened.move();
  return { ...arena, [Symbol.asyncDispose]: () => resources.disposeAsync() };
}

async function quarantined(path: string, fingerprint: DatasetFingerprint) {
  // Loaded when needed, as most evaluations name no list.
  const { readQuarantine } = await import("../dataset/quarantine.ts");
  const { version, questions } = await readQuarantine(path, fingerprint);
  return { version, ids: new Set(questions.map(({ id }) => id)) };
}

/** SHA-256 of the database files by path. */
async function databaseHashes(
  { databases }: Dataset,
  hashes: FileHashes,
): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  for (const { path } of databases) found.set(path, await hashes.sha256(path));
  return found;
}

/** Results in the store, by what they depend on. */
function keptResults(
  cache: ResultCache,
  databases: ReadonlyMap<string, string>,
  context: string,
): KeptResults {
  const statement = (path: string, sql: string) => ({
    database: databases.get(path)!,
    sql,
    context,
  });
  return {
    get: (path, sql) => cache.get(statement(path, sql)),
    put: (path, sql, result) => cache.put(statement(path, sql), result),
  };
}
