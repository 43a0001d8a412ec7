/**
 * `finestep leaderboard export`: rows of the board in the forms of other leaderboards.
 *
 * @module
 */

import { join } from "node:path";
import { choice, folder, option, type Values } from "../config/option.ts";
import { rowById, SHOWN_DIGITS } from "../leaderboard/board.ts";
import type { Leaderboard, Row } from "../leaderboard/schema.ts";
import { evaluatedRow, everyEvalEverRow } from "../reports/export/every_eval_ever/aggregate.ts";
import { everyEvalEverNames } from "../reports/export/every_eval_ever/facts.ts";
import { evalResults, modelCard } from "../reports/export/model_index.ts";
import { UsageError } from "./args.ts";
import { EVERY_EVAL_EVER_OPTIONS } from "./every_eval_ever.ts";
import { refuseToOverwrite, writeWhole } from "./whole_file.ts";

const { modelId, organization, relationship, dataUrl } = EVERY_EVAL_EVER_OPTIONS;

/** What is exported, and what the board does not know. */
export const LEADERBOARD_EXPORT_OPTIONS = {
  format: choice("model-index", ["model-index", "every-eval-ever"], "form of the export", "ours"),
  row: option("", "first digits of a row's id (none = all rows)", "ours"),
  out: folder("", "folder to write below", "ours"),
  force: option(false, "write over files that are there", "ours"),
  organization,
  modelId: { ...modelId, help: `${modelId.help} (none = from organization and row)` },
  relationship,
  dataUrl,
  datasetId: option("", "the data set on Hugging Face, as owner/name (none = not there)", "ours"),
  sourceUrl: option("", "where the results can be looked up (none = nowhere)", "ours"),
};

type Settings = Values<typeof LEADERBOARD_EXPORT_OPTIONS>;

/** A file by its path below the folder of the export. */
type Files = Readonly<Record<string, string>>;

/**
 * Writes the files and prints their paths.
 *
 * @throws {UsageError} If something is not given that the form requires.
 * @throws {RangeError} If there is no such row, or an id is not of its form.
 * @throws {Error} If a file is there already, or cannot be written.
 */
export async function exportRows(board: Leaderboard, settings: Settings): Promise<void> {
  const { format, row, out, force } = settings;
  if (out === "") throw missing("--out");
  const rows = row === "" ? board.rows : [rowById(board, row)];
  const filesOf = format === "model-index" ? modelIndexFiles : everyEvalEverFiles;
  const files = rows.flatMap((row) => Object.entries(filesOf(row, rows.length, settings)));
  const paths = files.map(([path, text]) => [join(out, path), text] as const);
  if (!force) paths.forEach(([path]) => refuseToOverwrite(path));
  for (const [path, text] of paths) {
    await writeWhole(path, [text]);
    console.log(path);
  }
}

/** A model's folder as it is on Hugging Face. */
function modelIndexFiles(row: Row, _count: number, settings: Settings): Files {
  const facts = {
    datasetId: settings.datasetId || null,
    sourceUrl: settings.sourceUrl || null,
  };
  const folder = `${slug(row.name)}-${row.id.slice(0, SHOWN_DIGITS)}`;
  const exam = slug(`${row.dataSet} ${row.exam.dataSet.split}`);
  return {
    [join(folder, "README.md")]: modelCard(row, facts),
    // Hugging Face takes these for data sets of its own only.
    ...facts.datasetId
      ? { [join(folder, ".eval_results", `${exam}.yaml`)]: evalResults(row, facts) }
      : {},
  };
}

function everyEvalEverFiles(row: Row, count: number, settings: Settings): Files {
  const { organization, relationship, dataUrl } = settings;
  if (organization === "") throw missing("--organization");
  if (settings.modelId !== "" && count > 1) {
    throw new UsageError(
      `Cannot export ${count} rows as one model as --model-id is of one row: give --row as well`,
    );
  }
  const facts = {
    modelId: settings.modelId || `${slug(organization)}/${slug(row.name)}`,
    ...{ organization, relationship },
    dataUrl: dataUrl || null,
    uuid: crypto.randomUUID(),
    now: Math.floor(Date.now() / 1000),
  };
  const { aggregatePath } = everyEvalEverNames(evaluatedRow(row), facts);
  return { [aggregatePath]: `${JSON.stringify(everyEvalEverRow(row, facts), null, 2)}\n` };
}

function missing(flag: string): UsageError {
  return new UsageError(`Cannot export the leaderboard as ${flag} must be given`);
}

function slug(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9.]+/g, "-").replace(/^-|-$/g, "") || "system";
}
