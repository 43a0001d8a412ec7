/**
 * The official code's gold files: a line `SQL<tab>database` for each question, by position.
 *
 * @module
 */

import { normalizedSql } from "../sandbox/sql_text.ts";
import type { Question } from "./bird_format.ts";

/** One line of a gold file. */
export interface Gold {
  readonly sql: string;
  readonly databaseId: string;
}

/**
 * The lines of a gold file. As in the official code (`package_sqls` of mini_dev's
 * `evaluation_utils.py`), a line without its outer space must split on tabs into exactly two.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { parseGold } from "./gold_file.ts";
 *
 * assert.deepEqual(parseGold("SELECT 1\tshop\n", "dev_gold.sql"), [
 *   { sql: "SELECT 1", databaseId: "shop" },
 * ]);
 * ```
 *
 * @param file Path or name of the file, for error messages.
 * @throws {SyntaxError} If a line is anything else, with its number.
 */
export function parseGold(text: string, file: string): Gold[] {
  const lines = text.split(/\r\n|\n|\r/);
  if (lines.at(-1) === "") lines.pop();
  return lines.map((line, index) => {
    const parts = line.trim().split("\t");
    if (parts.length === 2) return { sql: parts[0], databaseId: parts[1] };
    throw new SyntaxError(
      `Cannot read ${file} as a line must be SQL, one tab and a database: line ${
        index + 1
      } has ${parts.length} parts: ${line.slice(0, 60)}`,
    );
  });
}

/**
 * Compares questions with a gold file, and takes gold SQL and databases from it where it is the
 * authority; then the shorter of the two ends the pairing, as in the official code.
 *
 * @param path Null for no gold file.
 * @throws {SyntaxError} If the file is not a gold file.
 */
export async function withGold(
  questions: readonly Question[],
  path: string | null,
  { isAuthority }: { readonly isAuthority: boolean },
): Promise<{ questions: readonly Question[]; warnings: string[] }> {
  if (path === null) return { questions, warnings: [] };
  const golds = parseGold(await Deno.readTextFile(path), path);
  return {
    questions: isAuthority
      ? questions.slice(0, golds.length).map((question, index) => ({
        ...question,
        goldSql: golds[index].sql,
        databaseId: golds[index].databaseId,
      }))
      : questions,
    warnings: goldWarnings(questions, golds, path),
  };
}

function goldWarnings(
  questions: readonly Question[],
  golds: readonly Gold[],
  path: string,
): string[] {
  const pairs = questions.slice(0, golds.length)
    .map((question, index) => ({ question, gold: golds[index], line: index + 1 }));
  const otherDatabase = pairs.filter(({ question, gold }) =>
    question.databaseId !== gold.databaseId
  );
  const otherSql = pairs.filter(({ question, gold }) => !isSameSql(question.goldSql, gold.sql));
  const warnings: string[] = [];
  if (questions.length !== golds.length) {
    warnings.push(`${path} has ${golds.length} lines for ${questions.length} questions`);
  }
  if (otherDatabase.length > 0) {
    const [{ question, gold, line }] = otherDatabase;
    warnings.push(
      `${path} names another database than ${otherDatabase.length} questions: line ${line} is of ` +
        `"${gold.databaseId}", question ${question.id} of "${question.databaseId}"`,
    );
  }
  if (otherSql.length > 0) {
    const [{ question, gold, line }] = otherSql;
    warnings.push(
      `${path} has other SQL than ${otherSql.length} questions: line ${line} is ` +
        `${shortened(gold.sql)}, question ${question.id} has ${shortened(question.goldSql)}`,
    );
  }
  return warnings;
}

/** Line breaks of a question's SQL are spaces in a gold file. */
function isSameSql(a: string, b: string): boolean {
  return a === b || normalizedSql(a) === normalizedSql(b);
}

function shortened(sql: string): string {
  return JSON.stringify(sql.length > 80 ? `${sql.slice(0, 80)}...` : sql);
}
