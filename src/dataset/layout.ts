/**
 * Where the files of a data set are: the folders that BIRD (dev, mini-dev, train) and Spider publish,
 * and folders of the same shape. Nothing is read here but names.
 *
 * @module
 */

import { join } from "node:path";

/** The files of one split, as absolute paths. */
export interface SplitFiles {
  readonly questions: string;
  /** The folder with `<id>/<id>.sqlite`. */
  readonly databases: string;
  /** Null where there is none: schemas come from the SQLite files. */
  readonly tables: string | null;
  /** The official code's gold file; null where there is none. */
  readonly gold: string | null;
}

/** A split that was found. */
export interface Layout {
  readonly name: "bird" | "spider";
  /** The name for people. */
  readonly title: string;
  readonly split: string;
  readonly files: SplitFiles;
}

/** How a benchmark names its files; of several names the first that is there counts. */
interface Benchmark extends Pick<Layout, "name" | "title"> {
  readonly splits: readonly string[];
  /** The name of a split's files, without their endings. */
  readonly stem: (split: string) => string;
  readonly databases: (split: string) => readonly string[];
  readonly tables: (split: string) => readonly string[];
}

const BIRD: Benchmark = {
  name: "bird",
  title: "BIRD",
  splits: ["dev", "train", "test", "mini_dev"],
  // Mini-dev is published for several SQL dialects.
  stem: (split) => split === "mini_dev" ? "mini_dev_sqlite" : split,
  databases: (split) => owners(split).map((owner) => `${owner}_databases`),
  tables: (split) => owners(split).map((owner) => `${owner}_tables.json`),
};

const SPIDER: Benchmark = {
  name: "spider",
  title: "Spider",
  splits: ["dev", "train", "train_others", "test"],
  stem: (split) => split === "train" ? "train_spider" : split,
  databases: (split) => [split === "test" ? "test_database" : "database"],
  tables: (split) => [split === "test" ? "test_tables.json" : "tables.json"],
};

/** Several splits of one folder may share the databases of dev or train. */
function owners(split: string): string[] {
  return [...new Set([split, "dev", "train"])];
}

/** How deep a data set may lie in the folder given: `minidev/MINIDEV`. */
const MAX_DEPTH = 2;

/**
 * Finds the files of a split in a folder, or in the only folder inside it that holds a data set.
 *
 * The questions are `<split>.json` or `.jsonl` (mini-dev: `mini_dev_sqlite`, Spider's train:
 * `train_spider`). BIRD's databases and `*_tables.json` are looked for under the split's name, then
 * `dev`, then `train`.
 *
 * @param wanted The split; by default the one there is a question file of, or `dev`.
 * @throws {Error} If the folder or a file is missing, with the paths expected, or if several folders
 * inside hold data sets, with their paths.
 */
export async function findLayout(directory: string, wanted?: string): Promise<Layout> {
  const folder = await datasetFolder(directory, wanted);
  const names = await fileNames(folder) ?? new Set();
  const benchmark = benchmarkOf(names);
  const split = wanted ?? defaultSplit(benchmark, names);
  const find = (candidates: readonly string[]) => {
    const name = candidates.find((candidate) => names.has(candidate));
    return name ? join(folder, name) : null;
  };
  const required = (what: string, candidates: readonly string[]) => {
    const path = find(candidates);
    if (path) return path;
    const packed = find(candidates.map((candidate) => `${candidate}.zip`));
    throw missing(benchmark, what, candidates.map((name) => join(folder, name)), packed);
  };
  return {
    name: benchmark.name,
    title: benchmark.title,
    split,
    files: {
      questions: required("question file is", questionFiles(benchmark, split)),
      databases: await unpacked(required("databases are", benchmark.databases(split))),
      tables: find(benchmark.tables(split)),
      gold: find([`${benchmark.stem(split)}_gold.sql`]),
    },
  };
}

/** Whether a folder, or the data set inside it, has the question file of a split. */
export async function hasSplit(directory: string, split: string): Promise<boolean> {
  const names = await fileNames(await datasetFolder(directory)) ?? new Set();
  return questionFiles(benchmarkOf(names), split).some((file) => names.has(file));
}

/** Names in a folder, or null where there is no such folder. */
export async function fileNames(directory: string): Promise<Set<string> | null> {
  try {
    return new Set((await Array.fromAsync(Deno.readDir(directory))).map(({ name }) => name));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) {
      return null;
    }
    throw error;
  }
}

/** The SQLite file of a database. */
export function databasePath(databases: string, id: string): string {
  return join(databases, id, `${id}.sqlite`);
}

/** The folder itself where it has questions or nothing better is inside. */
async function datasetFolder(directory: string, split?: string): Promise<string> {
  const names = await fileNames(directory);
  if (!names) throw missing(BIRD, "folder is", [directory]);
  if (hasQuestions(names)) return directory;
  const inside = await datasetsInside(directory, split, MAX_DEPTH);
  if (inside.length > 1) {
    throw new Error(
      `Cannot load a data set as a folder must hold one: ${directory} holds ${
        inside.sort().join(", ")
      }`,
    );
  }
  return inside[0] ?? directory;
}

/** Folders inside that have questions, of the split if one is given, and databases. */
async function datasetsInside(
  directory: string,
  split: string | undefined,
  depth: number,
): Promise<string[]> {
  if (depth === 0) return [];
  const found = [...await fileNames(directory) ?? []].map(async (name) => {
    const folder = join(directory, name);
    const names = await fileNames(folder);
    if (!names) return [];
    return hasQuestions(names, split) && hasDatabases(names)
      ? [folder]
      : await datasetsInside(folder, split, depth - 1);
  });
  return (await Promise.all(found)).flat();
}

function benchmarkOf(names: ReadonlySet<string>): Benchmark {
  const isSpiders = (split: string) =>
    [...SPIDER.databases(split), ...SPIDER.tables(split)].some((name) => names.has(name));
  return SPIDER.splits.some(isSpiders) ? SPIDER : BIRD;
}

function hasQuestions(names: ReadonlySet<string>, split?: string): boolean {
  const benchmark = benchmarkOf(names);
  const splits = split === undefined ? benchmark.splits : [split];
  return splits.flatMap((each) => questionFiles(benchmark, each)).some((file) => names.has(file));
}

function hasDatabases(names: ReadonlySet<string>): boolean {
  const { splits, databases } = benchmarkOf(names);
  return splits.flatMap(databases).some((name) => names.has(name));
}

function questionFiles({ stem }: Benchmark, split: string): string[] {
  return [`${stem(split)}.json`, `${stem(split)}.jsonl`];
}

function defaultSplit(benchmark: Benchmark, names: ReadonlySet<string>): string {
  const present = benchmark.splits.filter((split) =>
    questionFiles(benchmark, split).some((file) => names.has(file))
  );
  return present.length === 1 ? present[0] : "dev";
}

/** Unpacking `dev_databases.zip` into a folder of its name gives `dev_databases/dev_databases`. */
async function unpacked(databases: string): Promise<string> {
  const inner = join(databases, databases.split(/[/\\]/).at(-1)!);
  return await fileNames(inner) ? inner : databases;
}

function missing(
  { title }: Benchmark,
  what: string,
  paths: readonly string[],
  packed: string | null = null,
): Error {
  return new Error(
    `Cannot load ${title} as its ${what} missing: expected ${paths.join(" or ")}` +
      (packed ? `, which are still packed in ${packed}` : ""),
  );
}
