/**
 * The leaderboard as a text that only grows: read, added to, and held to what it was before.
 *
 * @module
 */

import { newerForm } from "../config/form.ts";
import { canonicalJson, canonicalSha256 } from "./canonical.ts";
import { LEADERBOARD, type Leaderboard, LEADERBOARD_FORMAT, type Row } from "./schema.ts";

/** A board without rows. */
export const EMPTY_BOARD: Leaderboard = { rows: [], schema: LEADERBOARD_FORMAT };

/** Digits of a row's id that are shown; any number of first digits that fit one row name it. */
export const SHOWN_DIGITS = 8;

/**
 * Reads a board.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { EMPTY_BOARD, leaderboardText, parseLeaderboard } from "./board.ts";
 *
 * const text = '{\n  "rows": [],\n  "schema": "finestep.leaderboard/1"\n}\n';
 * assert.deepEqual(parseLeaderboard(text, "leaderboard.json"), EMPTY_BOARD);
 * assert.equal(leaderboardText(EMPTY_BOARD), text);
 * ```
 *
 * @param path Where the text is from, for the message.
 * @throws {SyntaxError} If it is no JSON, of another version or form, or a row is not what its id says.
 */
export function parseLeaderboard(text: string, path: string): Leaderboard {
  const value = jsonOf(text, path);
  const { schema } = (value ?? {}) as { schema?: unknown };
  const newer = newerForm(schema, LEADERBOARD_FORMAT);
  if (newer) throw new SyntaxError(`Cannot read the leaderboard ${path} as ${newer}`);
  if (schema !== LEADERBOARD_FORMAT) {
    throw unreadable(path, `its schema must be ${LEADERBOARD_FORMAT}`, JSON.stringify(schema));
  }
  const problem = schemaProblem(value);
  if (problem !== null) throw unreadable(path, "it must be of its schema", problem);
  const board = value as Leaderboard;
  for (const [index, row] of board.rows.entries()) {
    if (row.id !== idOf(row)) {
      throw unreadable(
        path,
        "a row's id must be the hash of its content",
        `row ${index + 1} (${row.name}) was changed after it was added`,
      );
    }
  }
  return board;
}

/** The text of a board, with a line for each value and sorted keys. */
export function leaderboardText(board: Leaderboard): string {
  return `${canonicalJson(board, 2)}\n`;
}

/** The row with its id. */
export function identified(content: Omit<Row, "id">): Row {
  return { id: idOf(content), ...content };
}

/**
 * The board with one more row.
 *
 * @throws {RangeError} If the same runs are on the board, be it under another name, or the row is not of
 * the schema.
 */
export function appended(board: Leaderboard, row: Row): Leaderboard {
  const key = contentKey(row);
  const same = board.rows.find((other) => contentKey(other) === key);
  if (same) {
    throw new RangeError(
      `Cannot add "${row.name}" to the leaderboard as its results are there: row ${
        same.id.slice(0, SHOWN_DIGITS)
      } ("${same.name}") is of the same exam, commit, policies and seeds`,
    );
  }
  const longer = { ...board, rows: [...board.rows, row] };
  // What the store has may be of an older program, and the board must be one that can be read.
  const problem = schemaProblem(longer);
  if (problem === null) return longer;
  throw new RangeError(
    `Cannot add "${row.name}" to the leaderboard as its row must be of the board's schema: ${problem}`,
  );
}

/**
 * The row that an id begins.
 *
 * @param start First digits of its id.
 * @throws {RangeError} If no row, or more than one, begins so.
 */
export function rowById({ rows }: Leaderboard, start: string): Row {
  const found = rows.filter(({ id }) => start !== "" && id.startsWith(start));
  if (found.length === 1) return found[0];
  throw new RangeError(
    `Cannot find row "${start}" as one row's id must begin so: there are ${found.length} of ${rows.length}`,
  );
}

/**
 * What became of a row that may not have changed, for instance `row 1a2b3c4d ("grpo") is gone`; null
 * where every row of `before` stands in `after`, in its place and as it was.
 */
export function appendOnlyViolation(before: Leaderboard, after: Leaderboard): string | null {
  for (const [index, { id, name }] of before.rows.entries()) {
    // Ids are hashes of the content, so a row that was changed has another.
    if (after.rows[index]?.id === id) continue;
    const place = after.rows.findIndex((row) => row.id === id);
    const became = place < 0 ? "is gone" : `has moved from place ${index + 1} to ${place + 1}`;
    return `row ${id.slice(0, SHOWN_DIGITS)} ("${name}") ${became}`;
  }
  return null;
}

function idOf(row: Omit<Row, "id"> & { readonly id?: string }): string {
  const { id: _, ...content } = row;
  return canonicalSha256(content);
}

/** What makes two rows the same, whatever they are called and whenever they were run. */
function contentKey({ exam, commit, versions, runs }: Row): string {
  const results = runs.map((
    { seed, policySha256, resultHash },
  ) => [seed, policySha256, resultHash]);
  return canonicalJson([exam, commit, versions, results]);
}

/** The first place where a value is not a board; null for a board. */
function schemaProblem(value: unknown): string | null {
  const { error } = LEADERBOARD.safeParse(value);
  return error ? `${error.issues[0].path.join(".")}: ${error.issues[0].message}` : null;
}

function jsonOf(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw unreadable(path, "it must be JSON", (error as Error).message);
  }
}

function unreadable(path: string, rule: string, found: string): SyntaxError {
  return new SyntaxError(`Cannot read the leaderboard ${path} as ${rule}: ${found}`);
}
