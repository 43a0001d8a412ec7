/**
 * BIRD as published (dev, mini-dev, train) and folders of the same shape: questions joined with
 * the schemas of their SQLite files and the descriptions beside them.
 *
 * @module
 */

import { join, resolve } from "node:path";
import type { SqlPool } from "../sandbox/pool.ts";
import { type ListedDatabase, parseQuestions, parseTables, type Question } from "./bird_format.ts";
import { decodedText, type Descriptions, parseDescriptions } from "./descriptions.ts";
import type { Database, Example } from "./example.ts";
import { readSchema } from "./schema.ts";

/** The files that a data set was read from, as absolute paths. */
export interface DatasetFiles {
  readonly questions: string;
  readonly databases: string;
  /** Null where there is none: schemas come from the SQLite files. */
  readonly tables: string | null;
  /** The official code's gold file; not read, as the questions hold the same SQL. */
  readonly gold: string | null;
}

/** A split of a benchmark, ready to run. */
export interface Dataset {
  readonly name: string;
  readonly split: string;
  /** In the order of the question file. */
  readonly examples: readonly Example[];
  /** The databases that the examples use, in order of first use. */
  readonly databases: readonly Database[];
  readonly files: DatasetFiles;
  /** What is odd but not fatal: unreadable descriptions, lists that differ from the SQLite files. */
  readonly warnings: readonly string[];
}

/** How {@linkcode loadBird} finds its files. */
export interface BirdOptions {
  /** `dev`, `train`, `test`, `mini_dev`; by default the one there is a question file of, or `dev`. */
  readonly split?: string;
  /** Runs the queries that read the schemas. */
  readonly pool: Pick<SqlPool, "execute">;
}

const SPLITS = ["dev", "train", "test", "mini_dev"];

/**
 * Loads a BIRD split.
 *
 * The questions are `<split>.json` or `.jsonl` (mini-dev: `mini_dev_sqlite.json`); databases and
 * `*_tables.json` are looked for under the split's name, then `dev`, then `train`, so that several
 * splits of one folder may share them.
 *
 * @param directory The folder that holds the question file and the folder of databases.
 * @throws {Error} If the folder, a file or a database is missing, with the path expected.
 * @throws {SyntaxError} If a file is not JSON, with the line.
 * @throws {TypeError} If a field is missing or wrong, with its index and id.
 */
export async function loadBird(directory: string, options: BirdOptions): Promise<Dataset> {
  const { split, files } = await findFiles(resolve(directory), options.split);
  const questions = await readQuestions(files.questions);
  const listed = files.tables ? parseTables(await readText(files.tables), files.tables) : null;
  const ids = [...new Set(questions.map(({ databaseId }) => databaseId))];
  await refuseMissing(ids.map((id) => databasePath(files.databases, id)));
  const loaded = await Promise.all(
    ids.map((id) => loadDatabase(files.databases, id, options.pool)),
  );
  const databases = loaded.map(({ database }) => database);
  return {
    name: "bird",
    split,
    examples: examplesOf(questions, databases),
    databases,
    files,
    warnings: [
      ...loaded.flatMap(({ warnings }) => warnings),
      ...(listed ? databases.flatMap((database) => listWarnings(database, listed)) : []),
    ],
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

async function findFiles(
  directory: string,
  wanted?: string,
): Promise<{ split: string; files: DatasetFiles }> {
  const names = await fileNames(directory);
  if (!names) throw missing("folder is", [directory]);
  const split = wanted ?? defaultSplit(names);
  const find = (candidates: readonly string[]) => {
    const name = candidates.find((candidate) => names.has(candidate));
    return name ? join(directory, name) : null;
  };
  const required = (what: string, candidates: readonly string[]) => {
    const path = find(candidates);
    if (path) return path;
    throw missing(what, candidates.map((candidate) => join(directory, candidate)));
  };
  const owners = [...new Set([split, "dev", "train"])];
  return {
    split,
    files: {
      questions: required("question file is", questionFiles(split)),
      databases: required("databases are", owners.map((owner) => `${owner}_databases`)),
      tables: find(owners.map((owner) => `${owner}_tables.json`)),
      gold: find(goldFiles(split)),
    },
  };
}

/** Names in a folder, or null where there is no such folder. */
async function fileNames(directory: string): Promise<Set<string> | null> {
  try {
    return new Set((await Array.fromAsync(Deno.readDir(directory))).map(({ name }) => name));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) {
      return null;
    }
    throw error;
  }
}

/** Names that the question file of a split may have. */
export function questionFiles(split: string): string[] {
  // Mini-dev is published for several SQL dialects.
  const name = split === "mini_dev" ? "mini_dev_sqlite" : split;
  return [`${name}.json`, `${name}.jsonl`];
}

function goldFiles(split: string): string[] {
  return questionFiles(split).map((name) => name.replace(/\.jsonl?$/, "_gold.sql"));
}

function defaultSplit(names: ReadonlySet<string>): string {
  const present = SPLITS.filter((split) => questionFiles(split).some((file) => names.has(file)));
  return present.length === 1 ? present[0] : "dev";
}

function missing(what: string, paths: readonly string[]): Error {
  return new Error(`Cannot load BIRD as its ${what} missing: expected ${paths.join(" or ")}`);
}

function databasePath(directory: string, id: string): string {
  return join(directory, id, `${id}.sqlite`);
}

async function refuseMissing(paths: readonly string[]): Promise<void> {
  const found = await Promise.all(paths.map(isFile));
  const absent = paths.filter((_, index) => !found[index]);
  if (absent.length === 0) return;
  throw new Error(
    `Cannot load BIRD as ${absent.length} of ${paths.length} databases are missing: expected ${
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

async function loadDatabase(
  directory: string,
  id: string,
  pool: Pick<SqlPool, "execute">,
): Promise<{ database: Database; warnings: readonly string[] }> {
  const path = databasePath(directory, id);
  const { byTable, warnings } = await readDescriptions(join(directory, id, "database_description"));
  const tables = await readSchema(
    path,
    pool,
    (table) => byTable.get(table.trim().toLowerCase()) ?? new Map(),
  );
  return { database: { id, path, tables }, warnings };
}

/** Descriptions by table name in lower case; a file that is no CSV gives a warning instead. */
async function readDescriptions(
  directory: string,
): Promise<{ byTable: ReadonlyMap<string, Descriptions>; warnings: readonly string[] }> {
  const byTable = new Map<string, Descriptions>();
  const warnings: string[] = [];
  for (const name of await fileNames(directory) ?? []) {
    if (!name.toLowerCase().endsWith(".csv")) continue;
    const path = join(directory, name);
    try {
      const table = name.slice(0, -".csv".length).trim().toLowerCase();
      byTable.set(table, parseDescriptions(decodedText(await Deno.readFile(path)), path));
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      warnings.push(error.message);
    }
  }
  return { byTable, warnings };
}

function examplesOf(questions: readonly Question[], databases: readonly Database[]): Example[] {
  const byId = new Map(databases.map((database) => [database.id, database]));
  return questions.map(({ databaseId, ...question }) => ({
    ...question,
    database: byId.get(databaseId)!,
  }));
}

/** How a database's entry in `*_tables.json` differs from its SQLite file. */
function listWarnings(database: Database, listed: readonly ListedDatabase[]): string[] {
  const entry = listed.find(({ id }) => id === database.id);
  if (!entry) return [`database "${database.id}" is not in the list of tables`];
  const stored = database.tables.flatMap(({ name, columns }) =>
    columns.map((column) => `${name}.${column.name}`)
  );
  const announced = entry.tables.flatMap((table, index) =>
    entry.columns[index].map((column) => `${table}.${column}`)
  );
  return [
    ...difference(announced, stored, `listed for "${database.id}" but not in its SQLite file`),
    ...difference(stored, announced, `in the SQLite file of "${database.id}" but not listed`),
  ];
}

function difference(names: readonly string[], others: readonly string[], what: string): string[] {
  const known = new Set(others.map((name) => name.toLowerCase()));
  const extra = names.filter((name) => !known.has(name.toLowerCase()));
  return extra.length ? [`${extra.length} columns are ${what}, such as ${extra[0]}`] : [];
}
