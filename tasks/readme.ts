/**
 * Fills the README between its markers: `<!-- speed -->` gets the recorded output in
 * `results/speed.txt`, whose first line is the command that made it, and so on; `<!-- leaderboard -->`
 * gets the tables of `results/leaderboard.json`.
 *
 * Run with `deno task readme`; a test fails where the leaderboard is not current.
 *
 * @module
 */

import { parseLeaderboard } from "../src/leaderboard/board.ts";
import { leaderboardTables } from "../src/reports/leaderboard_table.ts";
import { MARKDOWN } from "../src/reports/style.ts";
import { formatted } from "./docs.ts";

const README = new URL("../README.md", import.meta.url);
const RESULTS = new URL("../results/", import.meta.url);

/** Characters of a table's heading; `finestep leaderboard` shows all columns. */
const TABLE_WIDTH = 120;

/**
 * The README with what belongs between its markers.
 *
 * @throws {Error} If there is no file for a marker.
 */
export async function filled(text: string): Promise<string> {
  for (const [, name] of text.matchAll(/<!-- (\w[\w ]*) -->/g)) {
    const block = new RegExp(`<!-- ${name} -->[^]*<!-- /${name} -->`);
    const content = name === "leaderboard" ? await leaderboard() : await recorded(name);
    text = text.replace(block, () => `<!-- ${name} -->\n\n${content}\n\n<!-- /${name} -->`);
  }
  return formatted(text, "md");
}

async function leaderboard(): Promise<string> {
  const path = new URL("leaderboard.json", RESULTS);
  const board = parseLeaderboard(await Deno.readTextFile(path), path.pathname);
  return leaderboardTables(board, MARKDOWN, TABLE_WIDTH);
}

async function recorded(name: string): Promise<string> {
  const path = new URL(`${name.replaceAll(" ", "_")}.txt`, RESULTS);
  return `\`\`\`\n${(await Deno.readTextFile(path)).trimEnd()}\n\`\`\``;
}

if (import.meta.main) {
  await Deno.writeTextFile(README, await filled(await Deno.readTextFile(README)));
}
