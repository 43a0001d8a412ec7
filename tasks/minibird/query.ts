/**
 * SQL from clauses that name columns as `[table.column]`. How many tables they name decides
 * whether the query is a plain one or a join with aliases.
 *
 * @module
 */

import type { Domain, Table } from "./domain.ts";

/** The parts of a query; columns are written `[table.column]`. */
export interface Clauses {
  readonly select: string;
  readonly where: readonly string[];
  readonly groupBy?: string;
  readonly having?: string;
  /** With a direction, for example `COUNT(*) DESC`. The first row is taken. */
  readonly orderBy?: string;
}

const COLUMN = /\[(\w+)\.(\w+)\]/g;

/** A text as an SQL literal. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

function clauseText(clauses: Clauses, from: string): string {
  const { select, where, groupBy, having, orderBy } = clauses;
  return [
    `SELECT ${select} FROM ${from} WHERE ${where.join(" AND ")}`,
    groupBy && `GROUP BY ${groupBy}`,
    having && `HAVING ${having}`,
    orderBy && `ORDER BY ${orderBy} LIMIT 1`,
  ].filter(Boolean).join(" ");
}

function joinText(domain: Domain, others: readonly Table[]): string {
  const joins = others.map((table, i) => {
    const key = table.columns[0].name;
    return ` INNER JOIN ${table.name} AS T${i + 2} ON T1.${key} = T${i + 2}.${key}`;
  });
  return `${domain.main.name} AS T1${joins.join("")}`;
}

/**
 * The SQL of a query. A query on more than one table goes through the domain's main table, which
 * refers to all others.
 */
export function queryText(domain: Domain, main: Table, clauses: Clauses): string {
  const text = clauseText(clauses, "{from}");
  const named = new Set([main.name, ...[...text.matchAll(COLUMN)].map((match) => match[1])]);
  if (named.size === 1) return text.replaceAll(COLUMN, "$2").replace("{from}", main.name);
  const others = domain.others.filter((table) => named.has(table.name));
  const alias = (name: string) => `T${others.findIndex((table) => table.name === name) + 2}`;
  return text
    .replaceAll(
      COLUMN,
      (_, table, column) => `${table === domain.main.name ? "T1" : alias(table)}.${column}`,
    )
    .replace("{from}", joinText(domain, others));
}
