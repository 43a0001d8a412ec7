/**
 * A split of a benchmark, loaded: questions joined with their databases, from BIRD's and Spider's
 * published folders alike, or questions of another task.
 *
 * @module
 */

import { resolve } from "node:path";
import type { SqlPool } from "../sandbox/pool.ts";
import { parseQuestions, parseTables, type Question } from "./bird_format.ts";
import type { Database, Example } from "./example.ts";
import { withGold } from "./gold_file.ts";
import { databasePath, findLayout, type SplitFiles } from "./layout.ts";
import { listWarnings, loadDatabase } from "./load_database.ts";
import { taskOf } from "./task_file.ts";

/** The files that a data set was read from, as absolute paths. */
export interface DatasetFiles {
  readonly questions: string;
  /** Null where the task has none. */
  readonly databases: string | null;
  /** Null where there is none: schemas come from the SQLite files. */
  readonly tables: string | null;
  /** The gold file that gold SQL and databases were read from; null for the question file. */
  readonly gold: string | null;
}

/** A split of a benchmark, ready to run. */
export interface Dataset {
  /** `bird`, `spider`, or the name of another task. */
  readonly name: string;
  /** The name of the task that the examples are of. */
  readonly task: string;
  readonly split: string;
  /** In the order of the question file. */
  readonly examples: readonly Example[];
  /** The databases that the examples use, in order of first use. */
  readonly databases: readonly Database[];
  readonly files: DatasetFiles;
  /**
   * What is odd but not fatal: a gold file that differs from the questions, unreadable descriptions,
   * lists that differ from the SQLite files.
   */
  readonly warnings: readonly string[];
}

/** How {@linkcode loadDataset} finds its files, and what it reads of them. */
export type DatasetOptions =
  & {
    /**
     * BIRD: `dev`, `train`, `test`, `mini_dev`; Spider: `dev`, `train`, `train_others`, `test`. By
     * default the one there is a question file of, or `dev`.
     */
    readonly split?: string;
    /** A gold file to take gold SQL and databases from, by position, as the official code does. */
    readonly gold?: string;
  }
  & (
    | {
      /** Runs the queries that read the schemas. */
      readonly pool: Pick<SqlPool, "execute">;
      readonly schemas?: "read";
    }
    | {
      /** `skip` leaves `Database.tables` empty: scoring answers needs no schema and starts at once. */
      readonly schemas: "skip";
      readonly pool?: Pick<SqlPool, "execute">;
    }
  );

/**
 * Loads a split of BIRD or Spider from the folder that holds its question file and its databases, or
 * from a folder around it (see {@linkcode findLayout}); or, from a folder with a `task.json`, a split
 * of another task.
 *
 * @example Questions alone, without their databases' schemas
 * ```ts
 * import assert from "node:assert/strict";
 * import { loadDataset } from "./dataset.ts";
 *
 * const { examples } = await loadDataset("fixtures/minibird", { split: "dev", schemas: "skip" });
 * assert.equal(examples.length, 240);
 * ```
 *
 * @throws {Error} If the folder, a file or a database is missing, with the path expected.
 * @throws {SyntaxError} If a file is not JSON, or a gold file's line not SQL and a database, with the
 * line.
 * @throws {TypeError} If a field is missing or wrong, with its index and id.
 */
export async function loadDataset(directory: string, options: DatasetOptions): Promise<Dataset> {
  const task = await taskOf(directory);
  if (task !== null) return await loadTaskQuestions(directory, task, options);
  const { name, title, split, files } = await findLayout(resolve(directory), options.split);
  const gold = options.gold === undefined ? null : resolve(options.gold);
  const { questions, warnings: goldWarnings } = await withGold(
    await readQuestions(files.questions),
    gold ?? files.gold,
    { isAuthority: gold !== null },
  );
  const ids = [...new Set(questions.map(({ databaseId }) => databaseId))];
  await refuseMissing(title, ids.map((id) => databasePath(files.databases, id)));
  const { databases, warnings } = options.schemas === "skip"
    ? { databases: ids.map((id) => withoutSchema(files.databases, id)), warnings: [] }
    : await withSchemas(files, ids, options.pool);
  return {
    name,
    task: "text2sql",
    split,
    examples: examplesOf(questions, databases),
    databases,
    files: { ...files, gold },
    warnings: [...goldWarnings, ...warnings],
  };
}

/** A split of a task without databases; `db_id` names the kind of a question. */
async function loadTaskQuestions(
  directory: string,
  task: string,
  { split = "dev", gold }: DatasetOptions,
): Promise<Dataset> {
  if (gold !== undefined) {
    throw new RangeError(
      `Cannot read ${gold} as only SQL has gold files: ${directory} is of task "${task}"`,
    );
  }
  const path = resolve(directory, `${split}.json`);
  if (!await isFile(path)) {
    throw new Error(
      `Cannot load task "${task}" as its question file is missing: expected ${path}`,
    );
  }
  const questions = await readQuestions(path);
  const kinds = questions.map(({ databaseId: id }) => ({ id, path: "", tables: [] }));
  return {
    name: task,
    task,
    split,
    examples: examplesOf(questions, kinds),
    databases: [],
    files: { questions: path, databases: null, tables: null, gold: null },
    warnings: [],
  };
}

/**
 * Refuses questions of another task than Text-to-SQL.
 *
 * @param what What needs SQL, as in "check gold SQL".
 * @throws {RangeError} If they are of another task.
 */
export function requireSql({ task, files }: Pick<Dataset, "task" | "files">, what: string): void {
  if (task === "text2sql") return;
  throw new RangeError(
    `Cannot ${what} as the questions must be of Text-to-SQL: ${files.questions} is of task "${task}"`,
  );
}

/**
 * Reads a question file alone, without databases.
 *
 * @throws {Error} If the file cannot be read, or as {@linkcode parseQuestions} says.
 */
export async function readQuestions(path: string): Promise<Question[]> {
  return parseQuestions(await readText(path), path);
}

/** UTF-8, without a byte order mark. */
async function readText(path: string): Promise<string> {
  return new TextDecoder().decode(await Deno.readFile(path));
}

function withoutSchema(databases: string, id: string): Database {
  return { id, path: databasePath(databases, id), tables: [] };
}

async function withSchemas(
  { databases: folder, tables }: Pick<SplitFiles, "databases" | "tables">,
  ids: readonly string[],
  pool: Pick<SqlPool, "execute">,
): Promise<{ databases: Database[]; warnings: string[] }> {
  const listed = tables ? parseTables(await readText(tables), tables) : null;
  const loaded = await Promise.all(ids.map((id) => loadDatabase(folder, id, pool)));
  const databases = loaded.map(({ database }) => database);
  return {
    databases,
    warnings: [
      ...loaded.flatMap(({ warnings }) => warnings),
      ...(listed ? databases.flatMap((database) => listWarnings(database, listed)) : []),
    ],
  };
}

async function refuseMissing(title: string, paths: readonly string[]): Promise<void> {
  const found = await Promise.all(paths.map(isFile));
  const absent = paths.filter((_, index) => !found[index]);
  if (absent.length === 0) return;
  throw new Error(
    `Cannot load ${title} as ${absent.length} of ${paths.length} databases are missing: expected ${
      absent.slice(0, 3).join(", ")
    }${absent.length > 3 ? ", ..." : ""}`,
  );
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isFile;
  } catch {
    return false;
  }
}

function examplesOf(questions: readonly Question[], databases: readonly Database[]): Example[] {
  const byId = new Map(databases.map((database) => [database.id, database]));
  return questions.map(({ databaseId, ...question }) => ({
    ...question,
    database: byId.get(databaseId)!,
  }));
}
