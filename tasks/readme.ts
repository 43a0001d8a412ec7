/**
 * Fills the README and pages of docs between their markers with what is recorded in `results/`:
 *
 * - `<!-- speed -->` gets the output in `results/speed.txt`, whose first line is the command that made it;
 * - `<!-- eval output, 2 parts -->` gets the first two of its paragraphs, and the last, which has the commit;
 * - `<!-- leaderboard -->` gets the tables of `results/leaderboard.json`, and
 *   `<!-- leaderboard, minibird test -->` those of exams whose names begin so;
 * - `<!-- main claims -->` gets what the recorded experiment decides on the two claims that count.
 *
 * Run with `deno task readme`; a test fails where a page does not show what is recorded.
 *
 * @module
 */

import { parseLeaderboard } from "../src/leaderboard/board.ts";
import { decisionTables } from "../src/reports/decision_table.ts";
import { leaderboardTables } from "../src/reports/leaderboard_table.ts";
import { MARKDOWN } from "../src/reports/style.ts";
import { formatted } from "./docs.ts";

/** The pages with markers. */
export const PAGES = [
  "README.md",
  ...["engines", "experiment", "generation", "leaderboard", "speed", "tinker"]
    .map((page) => `docs/${page}.md`),
].map((path) => new URL(`../${path}`, import.meta.url));
const RESULTS = new URL("../results/", import.meta.url);

/** Characters of a table's heading; `finestep leaderboard` shows all columns. */
const TABLE_WIDTH = 120;

/** The claims that the decision rules are about; the others are secondary. */
const MAIN_CLAIMS = ["more EX", "fewer redundant calls at no loss of EX"];

/**
 * A page with what belongs between its markers.
 *
 * @throws {Error} If there is no file for a marker.
 */
export async function filled(text: string): Promise<string> {
  for (const [, marker, name, part] of text.matchAll(/<!-- ((\w[\w ]*)(?:, (\w[\w ]*))?) -->/g)) {
    const block = new RegExp(`<!-- ${marker} -->[^]*<!-- /${name} -->`);
    const content = await contentOf(name, part);
    text = text.replace(block, () => `<!-- ${marker} -->\n\n${content}\n\n<!-- /${name} -->`);
  }
  return formatted(text, "md");
}

function contentOf(name: string, part = ""): Promise<string> {
  if (name === "leaderboard") return leaderboard(part);
  if (name === "main claims") return mainClaims();
  return recorded(name, part === "" ? Infinity : parseInt(part));
}

async function leaderboard(exams: string): Promise<string> {
  const path = new URL("leaderboard.json", RESULTS);
  const board = parseLeaderboard(await Deno.readTextFile(path), path.pathname);
  const tables = leaderboardTables(board, MARKDOWN, TABLE_WIDTH).split(/^(?=### )/m);
  return tables.filter((table) => table.startsWith(`### ${exams}`)).join("").trimEnd();
}

async function mainClaims(): Promise<string> {
  const { decisions } = JSON.parse(await Deno.readTextFile(new URL("experiment.json", RESULTS)));
  const { split, claims }: Decisions = decisions.find(({ split }: Decisions) => split === "test");
  const main = claims.filter(({ claim }) => MAIN_CLAIMS.includes(claim));
  return decisionTables({ split, claims: main }, MARKDOWN)[1];
}

type Decisions = Parameters<typeof decisionTables>[0];

async function recorded(name: string, parts: number): Promise<string> {
  const path = new URL(`${name.replaceAll(" ", "_")}.txt`, RESULTS);
  const paragraphs = (await Deno.readTextFile(path)).trimEnd().split("\n\n");
  const shown = parts + 1 < paragraphs.length
    ? [...paragraphs.slice(0, parts), "...", paragraphs.at(-1)]
    : paragraphs;
  return `\`\`\`\n${shown.join("\n\n")}\n\`\`\``;
}

if (import.meta.main) {
  for (const page of PAGES) {
    await Deno.writeTextFile(page, await filled(await Deno.readTextFile(page)));
  }
}
