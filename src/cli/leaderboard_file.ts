/**
 * The file of a leaderboard.
 *
 * @module
 */

import { existsSync } from "node:fs";
import { EMPTY_BOARD, parseLeaderboard } from "../leaderboard/board.ts";
import type { Leaderboard } from "../leaderboard/schema.ts";

/**
 * The board in a file; one without rows where there is no file.
 *
 * @throws {SyntaxError} As {@linkcode parseLeaderboard}.
 */
export async function readBoard(path: string): Promise<Leaderboard> {
  return existsSync(path) ? parseLeaderboard(await Deno.readTextFile(path), path) : EMPTY_BOARD;
}
