/**
 * `finestep leaderboard`: shows the board, adds to it, exports its rows, and hands over to the gate.
 *
 * @module
 */

import { existsSync } from "node:fs";
import { file, option } from "../config/option.ts";
import { appended, leaderboardText, SHOWN_DIGITS } from "../leaderboard/board.ts";
import type { Leaderboard, Row } from "../leaderboard/schema.ts";
import { examName, leaderboardTables } from "../reports/leaderboard_table.ts";
import { estimateText } from "../reports/measures.ts";
import { MARKDOWN } from "../reports/style.ts";
import { DEFAULT_STORE_PATH } from "../store/run_store.ts";
import { inTurn } from "./alone.ts";
import { type Flags, parseFlags, UsageError } from "./args.ts";
import { rowOfRuns } from "./leaderboard_add.ts";
import { exportRows, LEADERBOARD_EXPORT_OPTIONS } from "./leaderboard_export.ts";
import { readBoard } from "./leaderboard_file.ts";
import { located } from "./located.ts";
import { outputStyle, outputWidth } from "./terminal.ts";
import { writeWhole } from "./whole_file.ts";

export const TABLES = {
  options: {
    file: file("results/leaderboard.json", "the board (docs/leaderboard.md)", "ours"),
    markdown: option(false, "print tables in Markdown", "ours"),
  },
  add: {
    store: file(DEFAULT_STORE_PATH, "the SQLite file of runs", "ours"),
    name: option("", "name of the row (none = the algorithm, or the file)", "ours"),
    allowDirty: option(false, "also runs whose commit does not tell the source", "ours"),
  },
  export: LEADERBOARD_EXPORT_OPTIONS,
};

export const HELP = {
  usage: "finestep leaderboard [add RUN... | export | check]",
  summary:
    "Shows the leaderboard, adds stored evaluations of one system on one exam as a row over their\n" +
    "seeds, writes rows for other leaderboards, or checks this tree against a baseline",
};

/**
 * Shows the board, or does what the first argument says.
 *
 * @returns The exit code.
 * @throws {UsageError} If the command line is not one of this command.
 * @throws {SyntaxError} If the file is not a board; it is left as it was.
 * @throws {RangeError} If runs make no row, or the row is there already.
 * @throws {Error} If there is no board to show or export, or a file cannot be written.
 */
export async function run(argv: readonly string[]): Promise<number> {
  const flags = parseFlags(argv, TABLES);
  const { positionals: [command, ...rest], values } = flags;
  const board = () => existingBoard(values.options.file);
  if (command === "add") await add(rest, flags);
  else if (rest.length > 0) throw unknown(flags);
  else if (command === "export") await exportRows(await board(), values.export);
  else if (command === undefined) console.log(shown(await board(), flags));
  else throw unknown(flags);
  return 0;
}

function unknown({ positionals }: Flags<typeof TABLES>): UsageError {
  return new UsageError(`Unknown command "leaderboard ${positionals.join(" ")}"`);
}

async function existingBoard(named: string): Promise<Leaderboard> {
  const path = located(named);
  if (existsSync(path)) return await readBoard(path);
  throw new Error(`Cannot read the leaderboard as there is none: ${path}`);
}

function shown(board: Leaderboard, { json, values }: Flags<typeof TABLES>): string {
  if (json) return leaderboardText(board).trimEnd();
  return values.options.markdown
    ? leaderboardTables(board, MARKDOWN)
    : leaderboardTables(board, outputStyle(), outputWidth());
}

async function add(
  ids: readonly string[],
  { json, values }: Flags<typeof TABLES>,
): Promise<void> {
  const row = rowOfRuns(ids, values.add);
  // The user's own board, not one that the program brings along.
  const { file: path } = values.options;
  // Two that read the same board would each write it with a row of their own alone.
  using _ = await inTurn(path);
  await writeWhole(path, [leaderboardText(appended(await readBoard(path), row))]);
  console.log(json ? JSON.stringify(row, null, 2) : addedText(row));
}

function addedText(row: Row): string {
  const { id, name, measures: { ex }, runs } = row;
  const n = `n = ${ex.n}, ${runs.length} ${runs.length === 1 ? "seed" : "seeds"}`;
  return `Added row ${id.slice(0, SHOWN_DIGITS)}: ${name} on ${examName(row)}: ` +
    `EX ${estimateText("ex", ex, outputStyle())} (${n})`;
}
