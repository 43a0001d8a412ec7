/**
 * `finestep data check`: whether a data set is complete and its gold SQL is sound.
 *
 * @module
 */

import { file, folder, option } from "../config/option.ts";
import { type Dataset, loadDataset, requireSql } from "../dataset/dataset.ts";
import { datasetFingerprint } from "../dataset/fingerprint.ts";
import { checkGold, type GoldReport } from "../dataset/gold_check.ts";
import { type Quarantine, quarantineOf, quarantineText } from "../dataset/quarantine.ts";
import { ANSWER_CAPS } from "../env/options.ts";
import { SqlPool } from "../sandbox/pool.ts";
import { sqliteVersion } from "../sandbox/sqlite_version.ts";
import { fileSha256 } from "../store/file_hashes.ts";
import { parseFlags, requireFlagsOnly } from "./args.ts";
import { goldReportJson, goldReportText } from "./gold_report.ts";
import { located } from "./located.ts";
import { Progress } from "./progress.ts";
import { FIXTURE_DATA, SQL_OPTIONS } from "./setup.ts";
import { outputStyle } from "./terminal.ts";
import { writeWhole } from "./whole_file.ts";

export const TABLES = {
  options: {
    data: folder(FIXTURE_DATA, "folder of a data set in BIRD's or Spider's form", "ours"),
    timeoutMs: option(30_000, "deadline of each gold SQL, in ms (BIRD's)", "neighbour", {
      range: [1, 3_600_000],
    }),
    ...SQL_OPTIONS,
    write: file("", "file to write the unsound questions to, as a quarantine list", "ours"),
  },
};

export const HELP = {
  usage: "finestep data check",
  summary: "Loads a data set, runs every gold SQL several times to see whether its result can be " +
    "relied on (docs/data.md), and exits with 1 when any fails or times out",
};

type CheckOptions = ReturnType<typeof parseFlags<typeof TABLES>>["values"]["options"];

/**
 * Checks a data set and prints what was found.
 *
 * @returns The exit code: 1 when a gold SQL fails or times out.
 * @throws {UsageError} If the command line is not one of this command.
 * @throws {Error} If the data set cannot be loaded, or the list not be written.
 */
export async function run(argv: readonly string[]): Promise<number> {
  const { values, positionals, json } = parseFlags(argv, TABLES);
  requireFlagsOnly({ positionals });
  const { dataset, report } = await checked(values.options);
  console.log(
    json ? goldReportJson(dataset, report) : goldReportText(dataset, report, outputStyle()),
  );
  return report.counts.error + report.counts.timeout > 0 ? 1 : 0;
}

async function checked(options: CheckOptions): Promise<{ dataset: Dataset; report: GoldReport }> {
  const { split, workers, now } = options;
  const data = located(options.data);
  const limits = { timeoutMs: options.timeoutMs, ...ANSWER_CAPS };
  await using pool = new SqlPool({ roots: [data], workers, now });
  const dataset = await loadDataset(data, { split: split || undefined, pool });
  requireSql(dataset, "check gold SQL");
  using progress = new Progress({ label: "gold SQL", total: dataset.examples.length });
  // Enough for every worker to have a statement while another's result is looked at.
  const concurrency = 2 * workers;
  const onChecked = () => progress.advance();
  const report = await checkGold(dataset, pool, { limits, concurrency, onChecked });
  if (options.write) {
    const sqlite = sqliteVersion();
    const fingerprint = await datasetFingerprint(dataset, fileSha256);
    const list: Quarantine = quarantineOf(dataset, fingerprint, report, { sqlite, now, ...limits });
    await writeWhole(options.write, [quarantineText(list)]);
  }
  return { dataset, report };
}
