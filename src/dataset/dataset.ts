/**
 * A split of a benchmark, loaded: questions joined with their databases, from BIRD's and Spider's
 * published folders alike.
 *
 * @module
 */

import { resolve } from "node:path";
import type { SqlPool } from "../sandbox/pool.ts";
import { parseQuestions, parseTables, type Question } from "./bird_format.ts";
import type { Database, Example } from "./example.ts";
import { withGold } from "./gold_file.ts";
import { databasePath, findLayout } from "./layout.ts";
import { listWarnings, loadDatabase } from "./load_database.ts";

/** The files that a data set was read from, as absolute paths. */
export interface DatasetFiles {
  readonly questions: string;
  readonly databases: string;
  /** Null where there is none: schemas come from the SQLite files. */
  readonly tables: string | null;
  /** The gold file that gold SQL and databases were read from; null for the question file. */
  readonly gold: string | null;
}

/** A split of a benchmark, ready to run. */
export interface Dataset {
  readonly name: "bird" | "spider";
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
 * from a folder around it (see {@linkcode findLayout}).
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
  { databases: folder, tables }: Pick<DatasetFiles, "databases" | "tables">,
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
