/**
 * What a domain is: tables with columns of a few kinds. The kind of a column decides how it is
 * filled and how a question may speak of it.
 *
 * @module
 */

import type { PoolName } from "./lexicon.ts";

interface Named {
  readonly name: string;
  /** As a question calls it: the name in words unless said otherwise. Also its description. */
  readonly label: string;
}

/** Row ids from 1. */
export interface KeyColumn extends Named {
  readonly kind: "key";
}
/** Reference to the key of another table, which has the same name. */
export interface LinkColumn extends Named {
  readonly kind: "link";
  readonly to: string;
}
/** Unique names of rows, stored as said. */
export interface NameColumn extends Named {
  readonly kind: "name";
  readonly pool: PoolName;
}
/** Values whose stored form cannot be known from what is said. */
export interface FormColumn extends Named {
  readonly kind: "form";
  readonly pool: PoolName;
  /** How a filter on it reads, `{}` being the value. */
  readonly says: string;
  /** Whether it names the rows of its table, each value once. */
  readonly isName: boolean;
}
/** One of two columns that share a pool, each value of which is in only one of them. */
export interface PairColumn extends Named {
  readonly kind: "pair";
  readonly pool: PoolName;
  readonly says: string;
}
/** Codes, each with the word that people use; the evidence gives the code. */
export interface CodeColumn extends Named {
  readonly kind: "code";
  readonly says: string;
  readonly codes: Readonly<Record<string, string>>;
}
/** Categories, said as stored. */
export interface WordColumn extends Named {
  readonly kind: "word";
  readonly says: string;
  readonly words: readonly string[];
}
/** Numbers, uniform in [low, high] on multiples of `step`. */
export interface NumberColumn extends Named {
  readonly kind: "number";
  readonly low: number;
  readonly high: number;
  readonly step: number;
  readonly isYear: boolean;
}

/** A column by its kind. */
export type Column =
  | KeyColumn
  | LinkColumn
  | NameColumn
  | FormColumn
  | PairColumn
  | CodeColumn
  | WordColumn
  | NumberColumn;

/** A table with the words for its rows. */
export interface Table {
  readonly name: string;
  readonly many: string;
  readonly rowCount: number;
  /** What joins a row of the main table to one of this table in a sentence ("members at clubs"). */
  readonly preposition: string;
  readonly columns: readonly Column[];
}

/** A database: a main table that refers to one or two others. */
export interface Domain {
  readonly id: string;
  readonly main: Table;
  readonly others: readonly Table[];
}

function words(name: string): string {
  return name.replaceAll("_", " ");
}

/** Row id. */
export function key(name: string): KeyColumn {
  return { kind: "key", name, label: words(name) };
}

/** Reference to table `to`, whose key has the same name. */
export function link(name: string, to: string): LinkColumn {
  return { kind: "link", name, label: words(name), to };
}

/** Unique name, stored as said. */
export function plainName(): NameColumn {
  return { kind: "name", name: "name", label: "name", pool: "plain" };
}

/** Unique name in a form that has to be looked up. */
export function formName(name: string, pool: PoolName): FormColumn {
  return { kind: "form", name, label: words(name), pool, says: "called {}", isName: true };
}

/** Value in a form that has to be looked up. */
export function form(name: string, pool: PoolName, says: string): FormColumn {
  return { kind: "form", name, label: words(name), pool, says, isName: false };
}

/** Two columns that a question does not tell apart. */
export function pair(names: readonly [string, string], pool: PoolName, says: string): PairColumn[] {
  return names.map((name) => ({ kind: "pair", name, label: words(name), pool, says }));
}

/** Codes by the word that people use. */
export function code(name: string, says: string, codes: Record<string, string>): CodeColumn {
  return { kind: "code", name, label: words(name), says, codes };
}

/** Categories, said as stored. */
export function word(name: string, says: string, values: string): WordColumn {
  return { kind: "word", name, label: words(name), says, words: values.split(" ") };
}

/** Numbers in [low, high]; `label` is what a question calls them. */
export function number(
  name: string,
  [low, high]: readonly [number, number],
  { label = words(name), step = 1, isYear = false } = {},
): NumberColumn {
  return { kind: "number", name, label, low, high, step, isYear };
}

/** The domain's tables, as they are created: those that others refer to come first. */
export function tablesOf(domain: Domain): Table[] {
  return [...domain.others, domain.main];
}
