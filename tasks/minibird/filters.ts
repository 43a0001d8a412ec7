/**
 * Conditions on rows, in SQL and in words, with what someone must look up to write them and what
 * someone writes who does not look.
 *
 * @module
 */

import type { Rng } from "../../src/config/rng.ts";
import type { MinibirdDatabase } from "./databases.ts";
import type { Column, PairColumn, Table } from "./domain.ts";
import { tablesOf } from "./domain.ts";
import { categoryPart, poolPart, type Split, splitOfInteger } from "./partition.ts";
import { quoted } from "./query.ts";
import { pairColumns } from "./rows.ts";

/** What has to be looked up to answer: nothing, how a value is stored, or in which column it is. */
export type Need = "none" | "value_form" | "which_column";

/** What a question is drawn with. */
export interface Sampler {
  readonly database: MinibirdDatabase;
  readonly split: Split;
  readonly template: string;
  readonly need: Need;
  readonly rng: Rng;
}

/** A condition on the rows of a table. */
export interface Filter {
  readonly table: Table;
  readonly column: Column;
  /** As the question says it. */
  readonly value: string;
  /** What follows the plural of the table in a sentence. */
  readonly phrase: string;
  readonly condition: string;
  /** What the question needs beside its own words; may be empty. */
  readonly evidence: string;
  /** Null where nothing has to be looked up. */
  readonly lookUp: { readonly probe: string; readonly guess: string } | null;
}

/** A column with its table. */
export interface Place {
  readonly table: Table;
  readonly column: Column;
}

/** `[table.column]`, as the clauses of a query name it. */
export function reference({ table, column }: Place): string {
  return `[${table.name}.${column.name}]`;
}

/** All columns of a database. */
export function placesOf(database: MinibirdDatabase): Place[] {
  return tablesOf(database.domain).flatMap((table) =>
    table.columns.map((column) => ({ table, column }))
  );
}

/** Whether a column names the rows of its table. */
export function isName(column: Column): boolean {
  return column.kind === "name" || (column.kind === "form" && column.isName);
}

const NEED_KINDS: Record<Need, readonly Column["kind"][]> = {
  none: ["name", "code", "word", "number"],
  value_form: ["form"],
  which_column: ["pair"],
};

/** A value as a question says it: in quotation marks. */
export function said(value: string): string {
  // After a quotation mark a word has the same tokens as in SQL, so that a very small model can
  // copy it.
  return `"${value}"`;
}

function formFilter({ database, split, rng }: Sampler, place: Place): Filter | null {
  const { table, column } = place;
  if (column.kind !== "form") return null;
  const value = rng.pick(poolPart(database.seed, column.pool, split));
  const equals = (text: string) => `${reference(place)} = ${quoted(text)}`;
  const pattern = quoted(`%${value}%`);
  const probe =
    `SELECT DISTINCT ${column.name} FROM ${table.name} WHERE ${column.name} LIKE ${pattern}`;
  return {
    ...place,
    value,
    phrase: column.says.replace("{}", said(value)),
    condition: equals(database.forms.get(value)!),
    evidence: "",
    lookUp: { probe, guess: equals(value) },
  };
}

function pairFilter({ database, split, rng }: Sampler, place: Place): Filter | null {
  const { table, column } = place;
  if (column.kind !== "pair") return null;
  const value = rng.pick(poolPart(database.seed, column.pool, split));
  const { columns } = pairColumns(database.domain);
  const side = database.sides.get(value)!;
  const equals = (column: PairColumn) => `${reference({ table, column })} = ${quoted(value)}`;
  const first = columns[0];
  return {
    ...place,
    value,
    phrase: column.says.replace("{}", said(value)),
    condition: equals(side),
    evidence: "",
    lookUp: {
      probe: `SELECT COUNT(*) FROM ${table.name} WHERE ${first.name} = ${quoted(value)}`,
      guess: equals(columns.find((column) => column !== side)!),
    },
  };
}

/**
 * Draws a category for a condition on a code or word column.
 *
 * @returns Null where the split has none.
 */
export function categoryFilter(sampler: Sampler, place: Place): Filter | null {
  const { database, split, template, rng } = sampler;
  const { table, column } = place;
  if (column.kind !== "code" && column.kind !== "word") return null;
  const categories = column.kind === "code" ? Object.keys(column.codes) : column.words;
  const use = [database.domain.id, template, table.name, column.name];
  const value = rng.pick(categoryPart(database.seed, categories, split, ...use));
  const stored = column.kind === "code" ? column.codes[value] : value;
  const meaning = `${value} refers to ${column.name} = ${quoted(stored)}`;
  return {
    ...place,
    value,
    phrase: column.says.replace("{}", column.kind === "word" ? said(value) : value),
    condition: `${reference(place)} = ${quoted(stored)}`,
    evidence: column.kind === "code" ? meaning : "",
    lookUp: null,
  };
}

function numberFilter({ split, rng }: Sampler, place: Place): Filter | null {
  const { column } = place;
  if (column.kind !== "number") return null;
  const value = Math.ceil(column.low) + rng.below(column.high - column.low);
  if (splitOfInteger(value) !== split) return null;
  const isAbove = rng.uniform() < 0.5;
  const [above, below] = column.isYear ? ["after", "before"] : ["above", "below"];
  return {
    ...place,
    value: String(value),
    phrase: `with a ${column.label} ${isAbove ? above : below} ${value}`,
    condition: `${reference(place)} ${isAbove ? ">" : "<"} ${value}`,
    evidence: "",
    lookUp: null,
  };
}

function nameFilter({ database, split, rng }: Sampler, place: Place): Filter | null {
  if (place.column.kind !== "name") return null;
  const value = rng.pick(poolPart(database.seed, place.column.pool, split));
  return {
    ...place,
    value,
    phrase: `called ${said(value)}`,
    condition: `${reference(place)} = ${quoted(value)}`,
    evidence: "",
    lookUp: null,
  };
}

/** The row with a given id. */
function keyFilter({ split, rng }: Sampler, place: Place): Filter | null {
  const value = 1 + rng.below(place.table.rowCount);
  if (splitOfInteger(value) !== split) return null;
  return {
    ...place,
    value: String(value),
    phrase: `with id ${value}`,
    condition: `${reference(place)} = ${value}`,
    evidence: "",
    lookUp: null,
  };
}

const SAMPLED: Record<Column["kind"], (sampler: Sampler, place: Place) => Filter | null> = {
  key: keyFilter,
  link: () => null,
  name: nameFilter,
  form: formFilter,
  pair: pairFilter,
  code: categoryFilter,
  word: categoryFilter,
  number: numberFilter,
};

/** Draws a condition on one column; null where the split has none. */
export function filterOn(sampler: Sampler, place: Place): Filter | null {
  return SAMPLED[place.column.kind](sampler, place);
}

/**
 * Draws a condition that needs what the sampler says, on one of the columns that are accepted.
 *
 * @returns Null where there is none; then another draw may have more luck.
 */
export function sampleFilter(
  sampler: Sampler,
  accepts: (place: Place) => boolean,
  need: Need = sampler.need,
): Filter | null {
  const places = placesOf(sampler.database).filter((place) =>
    NEED_KINDS[need].includes(place.column.kind) && accepts(place)
  );
  return places.length === 0 ? null : filterOn(sampler, sampler.rng.pick(places));
}

/**
 * Conditions in words, after the plural of `main`: its own first, then those of other tables,
 * numbers last ("books that are poetry with a page count above 300").
 */
export function filterPhrase(main: Table, inAnyOrder: readonly Filter[]): string {
  const filters = inAnyOrder.toSorted((a, b) =>
    Number(a.column.kind === "number") - Number(b.column.kind === "number")
  );
  const own = filters.filter(({ table }) => table === main).map(({ phrase }) => phrase);
  const others = [...new Set(filters.map(({ table }) => table))].filter((table) => table !== main);
  return [...own, ...others.map((table) => otherPhrase(table, filters))].join(" ");
}

function otherPhrase(table: Table, filters: readonly Filter[]): string {
  const on = filters.filter((filter) => filter.table === table);
  const named = on.find(({ column }) => isName(column));
  const rest = on.filter((filter) => filter !== named).map(({ phrase }) => phrase);
  const rows = named === undefined ? table.many : `${table.name} ${said(named.value)}`;
  return [table.preposition, rows, ...rest].join(" ");
}
