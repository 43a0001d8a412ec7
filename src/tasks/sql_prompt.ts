/**
 * The prompt of an episode: the paper's as far as it is known (schema as `CREATE TABLE` with
 * comments and example values after OmniSQL, three instructions, two output modes), or a compact
 * one that holds the same fields in as few tokens as a small model needs.
 *
 * @module
 */

import type { Column, Database, Example, Table } from "../dataset/example.ts";
import type { Template } from "../env/options.ts";
import { protocolPrompt } from "../env/protocol_prompt.ts";
import type { Protocol } from "../env/task.ts";
import type { Message } from "../trajectory/episode.ts";
import { EXECUTE_SQL } from "./execute_sql.ts";

/** What messages of the task may say. */
export const SQL_PROTOCOL: Protocol = { tools: [EXECUTE_SQL], answerLanguage: "sql" };

/**
 * The messages that an episode begins with.
 *
 * @param template `full`: a system message (tools, output modes, instructions) and a user message
 * (schema, evidence, question); `compact`: one user message without instructions.
 */
export function sqlPrompt(example: Example, template: Template): Message[] {
  if (template === "compact") return [{ role: "user", content: compactPrompt(example) }];
  return [
    { role: "system", content: SYSTEM_PROMPT },
    { role: "user", content: fullPrompt(example) },
  ];
}

const SYSTEM_PROMPT = `\
You answer questions about a SQLite database with one SQL query. You work in turns: in a turn you \
either call a tool and see its result in the next turn, or give the final answer.

${protocolPrompt(SQL_PROTOCOL, { call: { sql: "your query" }, answer: "your query" })}

# Instructions

- Precision: select only the columns that the question asks for.
- Completeness: return all of the information that the question asks for.
- Correctness: think step by step before the final SQL, and validate your reasoning through tool testing.`;

function fullPrompt({ database, evidence, question }: Example): string {
  return `\
Database engine:
SQLite

Database schema:
${createTables(database)}

Question:
${evidence === "" ? "" : `${evidence}\n`}${question}`;
}

/** The schema as `CREATE TABLE` statements with a comment and example values for each column. */
export function createTables({ tables }: Database): string {
  return tables.map(createTable).join("\n\n");
}

function createTable({ name, columns }: Table): string {
  const keys = [...primaryKey(columns), ...columns.flatMap(foreignKey)];
  const lines = [
    ...columns.map((column, c) => {
      const comma = c < columns.length - 1 || keys.length > 0 ? "," : "";
      return `${columnDefinition(column)}${comma}${columnComment(column)}`;
    }),
    ...keys.map((key, k) => `${key}${k < keys.length - 1 ? "," : ""}`),
  ];
  return `CREATE TABLE ${quotedName(name)} (\n${lines.map((line) => `    ${line}`).join("\n")}\n);`;
}

function columnDefinition({ name, type }: Column): string {
  return [quotedName(name), type].filter((part) => part !== "").join(" ");
}

function columnComment({ description, exampleValues }: Column): string {
  const parts = [
    oneLine(description),
    exampleValues.length > 0 ? `example: [${exampleValues.map(oneLine).join(", ")}]` : "",
  ].filter((part) => part !== "");
  return parts.length > 0 ? ` -- ${parts.join(", ")}` : "";
}

function primaryKey(columns: readonly Column[]): string[] {
  const names = columns.filter(({ isPrimaryKey }) => isPrimaryKey).map(({ name }) => name);
  return names.length > 0 ? [`PRIMARY KEY (${names.map(quotedName).join(", ")})`] : [];
}

function foreignKey({ name, references }: Column): string[] {
  if (references === null) return [];
  const target = `${quotedName(references.table)} (${quotedName(references.column)})`;
  return [`FOREIGN KEY (${quotedName(name)}) REFERENCES ${target}`];
}

function compactPrompt({ database, evidence, question }: Example): string {
  return [
    ...database.tables.map(compactTable),
    ...evidence === "" ? [] : [`evidence: ${evidence}`],
    `question: ${question}`,
  ].join("\n");
}

function compactTable({ name, columns }: Table): string {
  return `${quotedName(name)}(${columns.map(compactColumn).join(", ")})`;
}

function compactColumn(column: Column): string {
  const { name, description, exampleValues, isPrimaryKey, references } = column;
  return [
    columnDefinition(column),
    isPrimaryKey ? "PK" : "",
    references ? `-> ${quotedName(references.table)}.${quotedName(references.column)}` : "",
    saysMore(description, name) ? `"${oneLine(description)}"` : "",
    // No blank before a value, so that its tokens are those it has between quotes in SQL.
    exampleValues.length > 0 ? `[${exampleValues.map(oneLine).join(",")}]` : "",
  ].filter((part) => part !== "").join(" ");
}

/** Whether a description is more than the column's name in other letters. */
function saysMore(description: string, name: string): boolean {
  const letters = (text: string) => text.toLowerCase().replace(/[\s_]/g, "");
  return letters(description) !== "" && letters(description) !== letters(name);
}

const oneLine = (text: string) => text.replace(/\s+/g, " ").trim();

// The words that SQLite 3.53 does not take as the name of a table or column.
const RESERVED_WORDS = new Set(
  `add all alter and as autoincrement between case cast check collate commit constraint create
  default deferrable delete distinct drop else escape except exists foreign from group having in
  index insert intersect into is isnull join limit not nothing notnull null on or order primary
  raise references returning select set table then to transaction union unique update using values
  when where`.split(/\s+/),
);

/** A table's or column's name as it can stand in SQLite's SQL, in backticks where it needs them. */
export function quotedName(name: string): string {
  const isPlain = /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) && !RESERVED_WORDS.has(name.toLowerCase());
  return isPlain ? name : `\`${name.replaceAll("`", "``")}\``;
}
