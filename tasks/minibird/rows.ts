/**
 * The content of a domain's tables. Every column has its own random stream, so that a change in
 * one leaves the others as they were.
 *
 * @module
 */

import { Rng } from "../../src/config/rng.ts";
import type { Column, Domain, FormColumn, NumberColumn, PairColumn, Table } from "./domain.ts";
import { tablesOf } from "./domain.ts";
import { storedForm } from "./forms.ts";
import { POOLS } from "./lexicon.ts";

/** What SQLite stores. */
export type Cell = string | number | null;

const NULL_SHARE = 0.04;

/** The form column of a domain with its table; each domain has one. */
export function formColumn(domain: Domain): { table: Table; column: FormColumn } {
  for (const table of tablesOf(domain)) {
    const column = table.columns.find((column) => column.kind === "form");
    if (column !== undefined) return { table, column };
  }
  throw new TypeError(`Cannot fill "${domain.id}" as a domain must have a form column: none found`);
}

/** The two columns of a domain that share a pool, with their table. */
export function pairColumns(domain: Domain): { table: Table; columns: PairColumn[] } {
  for (const table of tablesOf(domain)) {
    const columns = table.columns.filter((column) => column.kind === "pair");
    if (columns.length === 2) return { table, columns };
  }
  throw new TypeError(`Cannot fill "${domain.id}" as a domain must have a pair: none found`);
}

/** The stored form of each value of the form column. */
export function storedForms(domain: Domain, seed: number): Map<string, string> {
  const { pool } = formColumn(domain).column;
  const rng = new Rng(seed, "forms", domain.id);
  return new Map(POOLS[pool].map((value) => [value, storedForm(value, pool, rng)]));
}

/** The column of the pair that holds each value: half of the values are in each. */
export function pairSides(domain: Domain, seed: number): Map<string, PairColumn> {
  const { columns } = pairColumns(domain);
  const values = new Rng(seed, "sides", domain.id).shuffled(POOLS[columns[0].pool]);
  return new Map(values.map((value, i) => [value, columns[i % 2]]));
}

/** Each value at least once, the rest of the rows with more of some than of others. */
function spread<T>(values: readonly T[], count: number, rng: Rng, nullShare = 0): (T | null)[] {
  const extra = Array.from({ length: count - values.length }, () => {
    const index = Math.min(rng.below(values.length), rng.below(values.length));
    return rng.uniform() < nullShare ? null : values[index];
  });
  return rng.shuffled([...values, ...extra]);
}

function numbers(column: NumberColumn, count: number, rng: Rng): number[] {
  const choices = (column.high - column.low) / column.step + 1;
  return Array.from({ length: count }, () => column.low + column.step * rng.below(choices));
}

function idsOf(domain: Domain, tableName: string): number[] {
  const table = tablesOf(domain).find((table) => table.name === tableName)!;
  return Array.from({ length: table.rowCount }, (_, i) => i + 1);
}

function cells(domain: Domain, table: Table, column: Column, seed: number): Cell[] {
  const rng = new Rng(seed, "cells", domain.id, table.name, column.name);
  const count = table.rowCount;
  switch (column.kind) {
    case "key":
      return idsOf(domain, table.name);
    case "link":
      return spread(idsOf(domain, column.to), count, rng);
    case "name":
      return rng.shuffled(POOLS[column.pool]).slice(0, count);
    case "form":
      return spread([...storedForms(domain, seed).values()], count, rng);
    case "pair": {
      const held = [...pairSides(domain, seed)].filter(([, side]) => side.name === column.name);
      return spread(held.map(([value]) => value), count, rng, NULL_SHARE);
    }
    case "code":
      return spread(Object.values(column.codes), count, rng, NULL_SHARE);
    case "word":
      return spread(column.words, count, rng, NULL_SHARE);
    case "number":
      return numbers(column, count, rng);
  }
}

/** The rows of a table, in the order of its columns. */
export function rowsOf(domain: Domain, table: Table, seed: number): Cell[][] {
  const columns = table.columns.map((column) => cells(domain, table, column, seed));
  return Array.from({ length: table.rowCount }, (_, row) => columns.map((cells) => cells[row]));
}
