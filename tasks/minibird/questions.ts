/**
 * Questions with their gold SQL, each one tried on its database before it is taken.
 *
 * @module
 */

import { DatabaseSync } from "node:sqlite";
import { Rng } from "../../src/config/rng.ts";
import type { MinibirdDatabase } from "./databases.ts";
import { filterPhrase, type Need } from "./filters.ts";
import type { Split } from "./partition.ts";
import { type Clauses, queryText } from "./query.ts";
import { type Difficulty, type Draft, type Template, TEMPLATES } from "./templates.ts";

/** A question with what only its maker knows. */
export interface MinibirdQuestion {
  readonly databaseId: string;
  readonly question: string;
  readonly evidence: string;
  readonly sql: string;
  readonly difficulty: Difficulty;
  /** Name of the template. */
  readonly template: string;
  /** The values that the question names, as it says them. */
  readonly values: readonly string[];
  readonly need: Need;
  /** The look-up that answers the need; null where there is none. */
  readonly probe: string | null;
  /** The stored form for `value_form`, a count of rows for `which_column`. */
  readonly probeResult: string | null;
  /** The SQL of someone who does not look and is wrong; null where nothing has to be looked up. */
  readonly guess: string | null;
  /** A look at the rows that the question is about, which helps nobody. */
  readonly sample: string;
}

/** What questions to make. */
export interface QuestionOptions {
  readonly seed: number;
  readonly split: Split;
  readonly count: number;
  /** Questions, by their text, that must not be made again. */
  readonly avoid?: ReadonlySet<string>;
}

const MAXIMUM_ROWS = 20;
const MAXIMUM_WORDS = 40;
const DRAWS_BEFORE_CHANGE = 40;
const MAXIMUM_DRAWS = 5000;

const NEED_SHARES: readonly [Need, number][] = [
  ["value_form", 0.3],
  ["which_column", 0.25],
  ["none", 0.45],
];

const MIXED: readonly [Difficulty, number][] = [
  ["simple", 0.5],
  ["moderate", 0.35],
  ["challenging", 0.15],
];

const DIFFICULTY_SHARES: Record<Split, readonly [Difficulty, number][]> = {
  train: MIXED,
  dev: MIXED,
  test: [["moderate", 0.6], ["challenging", 0.4]],
};

type Rows = readonly (readonly unknown[])[];

/** A database that questions are tried on. */
class Trial {
  readonly #connection: DatabaseSync;

  constructor(readonly database: MinibirdDatabase) {
    this.#connection = new DatabaseSync(database.path, { readOnly: true });
  }

  rows(sql: string): Rows {
    return this.#connection.prepare(sql).all().map((row) => Object.values(row));
  }

  close(): void {
    this.#connection.close();
  }
}

/** Whole numbers near `count * share` that add up to `count`; the rounding falls to the last. */
function dealt<T>(count: number, shares: readonly (readonly [T, number])[]): T[] {
  const items = shares.flatMap(([item, share]) => Array(Math.round(count * share)).fill(item));
  while (items.length < count) items.push(shares.at(-1)![0]);
  return items.slice(0, count);
}

/** The difficulty and need of each question, in random order. */
function plan(options: QuestionOptions, rng: Rng): { difficulty: Difficulty; need: Need }[] {
  const difficulties = dealt(options.count, DIFFICULTY_SHARES[options.split]);
  const cells = [...Map.groupBy(difficulties, (difficulty) => difficulty)].flatMap(
    ([difficulty, { length }]) => dealt(length, NEED_SHARES).map((need) => ({ difficulty, need })),
  );
  return rng.shuffled(cells);
}

/** The text of rows as a set, as BIRD compares results. */
function rowSet(rows: Rows): string {
  return JSON.stringify([...new Set(rows.map((row) => JSON.stringify(row)))].sort());
}

function isCountOf(clauses: Clauses): boolean {
  return /COUNT|SUM|AVG/.test(clauses.select);
}

/** Whether gold rows answer a question: some, not too many, no NULL, and no count of 0. */
function isAnswer(rows: Rows, clauses: Clauses): boolean {
  if (rows.length === 0 || rows.length > MAXIMUM_ROWS) return false;
  if (rows.flat().includes(null)) return false;
  return !(isCountOf(clauses) && rows[0][0] === 0);
}

/** Whether the first two in the order of a query differ, so that its first row is the only one. */
function hasOneFirst(trial: Trial, draft: Draft, clauses: Clauses): boolean {
  if (clauses.orderBy === undefined) return true;
  const ranked = { ...clauses, select: clauses.orderBy.replace(/ (ASC|DESC)$/, "") };
  const sql = queryText(trial.database.domain, draft.main, ranked);
  const [first, second] = trial.rows(sql.replace(/LIMIT 1$/, "LIMIT 2"));
  return second !== undefined && first[0] !== second[0];
}

function hasEnoughRows(trial: Trial, draft: Draft, conditions: readonly string[]): boolean {
  const matched = { select: "COUNT(*)", where: conditions };
  const [[count]] = trial.rows(queryText(trial.database.domain, draft.main, matched));
  return Number(count) >= (draft.minimumRows ?? 1);
}

/** The wrong SQL of someone who does not look; null where nothing has to be looked up. */
function guessSql(trial: Trial, draft: Draft): string | null {
  if (draft.filters.every(({ lookUp }) => lookUp === null)) return null;
  const guessed = draft.filters.map(({ condition, lookUp }) => lookUp?.guess ?? condition);
  return queryText(trial.database.domain, draft.main, draft.clauses(guessed));
}

/** Gold and guessed SQL of a draft, or null where its question has no sound answer. */
function triedSql(trial: Trial, draft: Draft): { sql: string; guess: string | null } | null {
  const conditions = draft.filters.map(({ condition }) => condition);
  const clauses = draft.clauses(conditions);
  const sql = queryText(trial.database.domain, draft.main, clauses);
  if (sql.split(" ").length > MAXIMUM_WORDS) return null;
  const rows = trial.rows(sql);
  if (!isAnswer(rows, clauses) || !hasEnoughRows(trial, draft, conditions)) return null;
  if (!hasOneFirst(trial, draft, clauses)) return null;
  const guess = guessSql(trial, draft);
  if (guess !== null && rowSet(trial.rows(guess)) === rowSet(rows)) return null;
  return { sql, guess };
}

function worded(wording: string, { main, filters, slots }: Draft): string {
  const words: Record<string, string> = {
    rows: main.many,
    row: main.name,
    filters: filterPhrase(main, filters),
    ...slots,
  };
  return wording.replaceAll(/\{(\w+)\}/g, (_, name) => words[name]);
}

function probeOf(trial: Trial, draft: Draft): Pick<MinibirdQuestion, "probe" | "probeResult"> {
  const probe = draft.filters.find(({ lookUp }) => lookUp !== null)?.lookUp?.probe;
  if (probe === undefined) return { probe: null, probeResult: null };
  return { probe, probeResult: String(trial.rows(probe)[0][0]) };
}

/** What one draw gives: a question, or null where it makes no sense on this database. */
function drawn(trial: Trial, template: Template, need: Need, split: Split, rng: Rng) {
  const draft = template.draft({
    database: trial.database,
    split,
    template: template.name,
    need,
    rng,
  });
  const tried = draft && triedSql(trial, draft);
  if (!tried) return null;
  const said = draft.extra === undefined ? draft.filters : [...draft.filters, draft.extra];
  return {
    databaseId: trial.database.domain.id,
    question: worded(rng.pick(template.wordings), draft),
    evidence: said.map(({ evidence }) => evidence).filter(Boolean).join("; "),
    sql: tried.sql,
    difficulty: template.difficulty,
    template: template.name,
    values: said.map(({ value }) => value),
    need,
    ...probeOf(trial, draft),
    guess: tried.guess,
    sample: `SELECT * FROM ${draft.main.name} LIMIT 3`,
  };
}

/** Draws until a question is sound and new, changing template and database now and then. */
function newQuestion(
  trials: readonly Trial[],
  { difficulty, need }: { difficulty: Difficulty; need: Need },
  split: Split,
  rng: Rng,
  taken: ReadonlySet<string>,
): MinibirdQuestion {
  const templates = TEMPLATES.filter((template) => template.difficulty === difficulty);
  let template = rng.pick(templates);
  let trial = rng.pick(trials);
  for (let draw = 1; draw <= MAXIMUM_DRAWS; draw++) {
    const question = drawn(trial, template, need, split, rng);
    if (question !== null && !taken.has(question.question)) return question;
    if (draw % DRAWS_BEFORE_CHANGE !== 0) continue;
    template = rng.pick(templates);
    trial = rng.pick(trials);
  }
  throw new RangeError(
    `Cannot make another ${difficulty} question of need "${need}" for ${split} as questions ` +
      `must be new: ${MAXIMUM_DRAWS} draws gave none beside the ${taken.size} taken`,
  );
}

/**
 * Makes questions for one split, no two of which are equal.
 *
 * @param databases From `buildDatabases`; their seed decides which values the split may name.
 * @returns `count` questions, with the split's shares of difficulty and need.
 * @throws {RangeError} If the split has too few different questions.
 */
export function generateQuestions(
  options: QuestionOptions,
  databases: readonly MinibirdDatabase[],
): MinibirdQuestion[] {
  const rng = new Rng(options.seed, "questions", options.split);
  const taken = new Set(options.avoid);
  const trials = databases.map((database) => new Trial(database));
  try {
    return plan(options, rng).map((cell) => {
      const question = newQuestion(trials, cell, options.split, rng, taken);
      taken.add(question.question);
      return question;
    });
  } finally {
    for (const trial of trials) trial.close();
  }
}
