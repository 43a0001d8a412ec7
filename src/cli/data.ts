/**
 * `finestep data check`: whether a data set is complete and its gold SQL runs.
 *
 * @module
 */

import { option } from "../config/option.ts";
import { type Dataset, loadBird } from "../dataset/bird.ts";
import { checkGold, type GoldCounts, type GoldReport } from "../dataset/gold_check.ts";
import type { Style } from "../reports/style.ts";
import { table } from "../reports/table.ts";
import { SqlPool } from "../sandbox/pool.ts";
import { helpText, parseFlags, UsageError } from "./args.ts";
import { Progress } from "./progress.ts";
import { outputStyle } from "./terminal.ts";

const TABLES = {
  options: {
    data: option("fixtures/minibird", "folder of a data set in BIRD's form", "ours"),
    split: option("", "dev, train, test or mini_dev (none = the one there is)", "ours"),
    timeoutMs: option(30_000, "deadline of each gold SQL, in ms (BIRD's)", "neighbour", {
      range: [1, 3_600_000],
    }),
    workers: option(2, "gold SQL run at a time", "ours", { range: [1, 256] }),
  },
};

const HELP = {
  usage: "finestep data check",
  summary: "Loads a data set, runs every gold SQL once, and exits with 1 when any is broken",
};

type CheckOptions = ReturnType<typeof parseFlags<typeof TABLES>>["values"]["options"];

/**
 * Checks a data set and prints what was found.
 *
 * @returns The exit code: 1 when a gold SQL fails or times out.
 * @throws {UsageError} If the command line is not one of this command.
 * @throws {Error} If the data set cannot be loaded.
 */
export async function run(argv: readonly string[]): Promise<number> {
  const { values, positionals, json, help } = parseFlags(argv, TABLES);
  if (help) {
    console.log(helpText(HELP, TABLES));
    return 0;
  }
  if (positionals.length !== 1 || positionals[0] !== "check") {
    throw new UsageError(
      `Unknown command "data ${positionals.join(" ")}": did you mean "data check"`,
    );
  }
  const { dataset, report } = await checked(values.options);
  console.log(json ? jsonText(dataset, report) : reportText(dataset, report, outputStyle()));
  return report.counts.error + report.counts.timeout > 0 ? 1 : 0;
}

async function checked(
  { data, split, workers, timeoutMs }: CheckOptions,
): Promise<{ dataset: Dataset; report: GoldReport }> {
  await using pool = new SqlPool({ roots: [data], workers });
  const dataset = await loadBird(data, { split: split || undefined, pool });
  using progress = new Progress({ label: "gold SQL", total: dataset.examples.length });
  const counted: Pick<SqlPool, "execute"> = {
    async execute(...query) {
      const result = await pool.execute(...query);
      progress.advance();
      return result;
    },
  };
  return { dataset, report: await checkGold(dataset, counted, { timeoutMs }) };
}

function reportText(dataset: Dataset, report: GoldReport, style: Style): string {
  const { examples, databases, warnings } = dataset;
  return [
    `${dataset.name} ${dataset.split}: ${examples.length} examples, ${databases.length} databases`,
    ...warnings.map((warning) => `warning: ${warning}`),
    countsTable("database", report.byDatabase, report.counts, style),
    countsTable("difficulty", inOrder(report.byDifficulty), report.counts, style),
    ...brokenOf(report).map(({ id, database, outcome, message }) =>
      `broken: example ${id} of ${database}: ${outcome}: ${message}`
    ),
  ].join("\n");
}

/** Difficulties in BIRD's order. */
function inOrder(byDifficulty: ReadonlyMap<string, GoldCounts>): Map<string, GoldCounts> {
  const levels = ["simple", "moderate", "challenging", "unrated"];
  return new Map([...byDifficulty].sort(([a], [b]) => levels.indexOf(a) - levels.indexOf(b)));
}

function countsTable(
  heading: string,
  groups: ReadonlyMap<string, GoldCounts>,
  total: GoldCounts,
  style: Style,
): string {
  const right = (name: string) => ({ heading: name, align: "right" } as const);
  const columns = ["examples", "rows", "empty", "error", "timeout"].map(right);
  const rows = [...groups, ["total", total] as const].map(([name, counts]) =>
    [name, counts.total, counts.rows, counts.empty, counts.error, counts.timeout].map(String)
  );
  return table([{ heading }, ...columns], rows, style);
}

function jsonText({ name, split, examples, databases, warnings }: Dataset, report: GoldReport) {
  const summary = {
    name,
    split,
    examples: examples.length,
    databases: databases.length,
    warnings,
    counts: report.counts,
    byDatabase: Object.fromEntries(report.byDatabase),
    byDifficulty: Object.fromEntries(report.byDifficulty),
    broken: brokenOf(report),
  };
  return JSON.stringify(summary, null, 2);
}

function brokenOf({ checks }: GoldReport) {
  return checks
    .filter(({ outcome }) => outcome === "error" || outcome === "timeout")
    .map(({ example, outcome, message }) => ({
      id: example.id,
      database: example.database.id,
      outcome,
      message,
    }));
}
