/**
 * Where baselines come from: files of this tree, or of a commit.
 *
 * @module
 */

import { existsSync } from "node:fs";
import { type Baseline, parseBaseline } from "../gate/baseline.ts";
import { type HardGate, leaderboardGate } from "../gate/hard_gates.ts";
import { appendOnlyViolation, EMPTY_BOARD, parseLeaderboard } from "../leaderboard/board.ts";
import { located } from "./located.ts";

/** The baseline of a tree. */
export const BASELINE_PATH = "results/gate.json";

/** The leaderboard of a tree. */
const LEADERBOARD_PATH = "results/leaderboard.json";

/** A baseline and the commit whose leaderboard is compared with this tree's. */
export interface Source {
  readonly baseline: Baseline;
  /** As a reader would name it. */
  readonly name: string;
  readonly ref: string | null;
}

/**
 * Reads a baseline.
 *
 * @param from A file, or else a commit that has {@linkcode BASELINE_PATH}.
 * @throws {Error} If there is neither.
 */
export async function readBaseline(from: string): Promise<Source> {
  const path = located(from);
  if (existsSync(path)) {
    const baseline = parseBaseline(await Deno.readTextFile(path), from);
    // A "+" after a commit stands for files that no commit has.
    return { baseline, name: from, ref: baseline.commit?.replace("+", "") ?? null };
  }
  if (!await isCommit(from)) {
    throw new Error(
      `Cannot compare with baseline "${from}" as it must be a file or a commit of this clone: it is ` +
        `neither; pass --baseline ${BASELINE_PATH}, or a commit such as origin/main after ` +
        `"git fetch origin main"`,
    );
  }
  const text = await fileAt(from, BASELINE_PATH);
  if (text === null) {
    throw new Error(
      `Cannot compare with baseline "${from}" as that commit must have ${BASELINE_PATH}: it has not; ` +
        `pass a later commit or a file`,
    );
  }
  const name = `${from}:${BASELINE_PATH}`;
  return { baseline: parseBaseline(text, name), name, ref: from };
}

/**
 * Whether this tree's leaderboard is valid and has all rows of another commit's.
 *
 * @param ref The other commit; null where none is known.
 */
export async function checkLeaderboard(ref: string | null): Promise<HardGate> {
  const path = located(LEADERBOARD_PATH);
  const text = existsSync(path) ? await Deno.readTextFile(path) : null;
  const isKnown = ref !== null && await isCommit(ref);
  const earlier = isKnown ? await fileAt(ref, LEADERBOARD_PATH) : null;
  try {
    const after = text === null ? EMPTY_BOARD : parseLeaderboard(text, LEADERBOARD_PATH);
    const before = earlier === null
      ? EMPTY_BOARD
      : parseLeaderboard(earlier, `${ref}:${LEADERBOARD_PATH}`);
    const rows = text === null ? "no leaderboard yet" : `${after.rows.length} rows, valid`;
    const compared = isKnown
      ? `the ${before.rows.length} of ${ref} looked for`
      : `not compared, as this clone lacks the baseline's commit`;
    return leaderboardGate(appendOnlyViolation(before, after), `${rows}; ${compared}`);
  } catch (error) {
    return leaderboardGate((error as Error).message, "cannot be read");
  }
}

async function isCommit(ref: string): Promise<boolean> {
  return await git("rev-parse", "--verify", "--quiet", "--end-of-options", `${ref}^{commit}`) !==
    null;
}

/** A file as a commit has it; null where it has none. */
function fileAt(ref: string, path: string): Promise<string | null> {
  return git("show", "--end-of-options", `${ref}:./${path}`);
}

async function git(...args: string[]): Promise<string | null> {
  try {
    const { success, stdout } = await new Deno.Command("git", { args, stderr: "null" }).output();
    return success ? new TextDecoder().decode(stdout) : null;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}
