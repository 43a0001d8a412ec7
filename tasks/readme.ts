/**
 * Fills the README and pages of docs between their markers: `<!-- speed -->` gets the recorded output in
 * `results/speed.txt`, whose first line is the command that made it, and so on; `<!-- leaderboard -->`
 * gets the tables of `results/leaderboard.json`.
 *
 * Run with `deno task readme`; a test fails where a page does not show what is recorded.
 *
 * @module
 */

import { parseLeaderboard } from "../src/leaderboard/board.ts";
import { leaderboardTables } from "../src/reports/leaderboard_table.ts";
import { MARKDOWN } from "../src/reports/style.ts";
import { formatted } from "./docs.ts";

/** The pages with markers. */
export const PAGES = ["README.md", "docs/speed.md", "docs/tinker.md"].map((path) =>
  new URL(`../${path}`, import.meta.url)
);
const RESULTS = new URL("../results/", import.meta.url);

/** Characters of a table's heading; `finestep leaderboard` shows all columns. */
const TABLE_WIDTH = 120;

/**
 * A page with what belongs between its markers.
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
  for (const page of PAGES) {
    await Deno.writeTextFile(page, await filled(await Deno.readTextFile(page)));
  }
}
