/**
 * `finestep leaderboard check`: whether this tree is as good as a baseline, and does what it did.
 *
 * @module
 */

import { file, folder, option } from "../config/option.ts";
import { type Baseline, baselineText } from "../gate/baseline.ts";
import { judge } from "../gate/judge.ts";
import type { MetricOptions } from "../gate/metrics.ts";
import { EXIT_CODES } from "../gate/verdict.ts";
import { gateText, recordText } from "../reports/gate_report.ts";
import { MARKDOWN } from "../reports/style.ts";
import { type Flags, parseFlags, requireFlagsOnly } from "./args.ts";
import { BASELINE_PATH, checkLeaderboard, readBaseline } from "./gate_baseline.ts";
import { candidateOf } from "./gate_candidate.ts";
import { sourceCommit } from "./program.ts";
import { commandLine, FIXTURE_DATA, FIXTURE_POLICY, SQL_OPTIONS } from "./setup.ts";
import { outputStyle } from "./terminal.ts";
import { refuseFolder, writeWhole } from "./whole_file.ts";

/** Every option of `finestep leaderboard check`. */
export const TABLES = {
  gate: {
    baseline: file(
      BASELINE_PATH,
      "what to compare with: a file, or a commit that has it",
      "ours",
    ),
    record: option(false, `write ${BASELINE_PATH} instead of comparing`, "ours"),
    summary: file("", "file to write the report to, as Markdown (none = not)", "ours"),
  },
  evaluation: {
    data: folder(FIXTURE_DATA, "folder of a data set in BIRD's or Spider's form", "ours"),
    split: SQL_OPTIONS.split,
    model: folder(FIXTURE_POLICY, "folder of the policy's model", "ours"),
    quarantine: file("", "list of unsound questions, as `finestep data check` writes", "ours"),
    limit: option(0, "questions, from the first (0 = all)", "ours", { range: [0, 1e9] }),
    samples: option(2, "sampled attempts at each question, beside a greedy one", "ours", {
      range: [1, 1000],
    }),
    seed: option(1, "seed of sampling", "ours"),
    threads: option(1, "threads of a matrix product; more round otherwise", "ours", {
      range: [1, 1024],
    }),
    workers: SQL_OPTIONS.workers,
  },
  statistics: {
    alpha: option(0.05, "a loss counts with an adjusted p-value below this", "ours", {
      range: [0, 1],
    }),
    marginGreedyEx: margin(3, "points of EX, greedy"),
    marginEx: margin(1, "points of EX, sampled"),
    marginRedundantCalls: margin(2, "points of the redundant-tool-call rate"),
    marginCalls: margin(0.1, "tool calls per question"),
    marginViolations: margin(1, "points of format violations"),
  },
};

function margin(value: number, unit: string) {
  return option(value, `loss that does not matter, in ${unit}`, "ours", { range: [0, 100] });
}

export const HELP = {
  usage: "finestep leaderboard check",
  summary:
    "Evaluates this tree and compares it with a baseline: PASS, REGRESSION or INCONCLUSIVE, exit code\n" +
    "0, 1 or 2 (docs/gate.md)",
};

/** Name and version of `--json`; the version goes up with a change that breaks readers. */
const GATE_REPORT_FORMAT = "finestep.gate-report/1";

type GateFlags = Flags<typeof TABLES>;

/**
 * Compares, or records, and prints what was found.
 *
 * @param argv What follows `check`.
 * @returns The exit code.
 * @throws {UsageError} If the command line is not one of this command.
 * @throws {Error} If the baseline, the data set or the policy cannot be read.
 */
export async function run(argv: readonly string[]): Promise<number> {
  const flags = parseFlags(argv, TABLES);
  requireFlagsOnly(flags);
  refuseFolder(flags.values.gate.summary);
  return await (flags.values.gate.record ? record(argv, flags) : check(flags));
}

async function check(flags: GateFlags): Promise<number> {
  const { gate, evaluation } = flags.values;
  const { baseline, name, ref } = await readBaseline(gate.baseline);
  const candidate = await candidateOf(evaluation);
  const leaderboard = await checkLeaderboard(ref);
  const report = judge(
    baseline,
    { ...candidate, gates: [...candidate.gates, leaderboard] },
    metricOptions(flags),
  );
  const title = `this tree against ${name} (commit ${baseline.commit ?? "unknown"})`;
  if (gate.summary) await writeWhole(gate.summary, [gateText(title, report, MARKDOWN) + "\n"]);
  console.log(
    flags.json
      ? JSON.stringify({ schema: GATE_REPORT_FORMAT, baseline: name, ...report }, null, 2)
      : gateText(title, report, outputStyle()),
  );
  return EXIT_CODES[report.verdict];
}

/** Writes the baseline, unless a gate fails that needs none. */
async function record(argv: readonly string[], flags: GateFlags): Promise<number> {
  const candidate = await candidateOf(flags.values.evaluation);
  const gates = [...candidate.gates, await checkLeaderboard("HEAD")];
  const isSound = gates.every(({ isPassed }) => isPassed);
  if (isSound) {
    const { machine, identity, attempts, hashes, frozen } = candidate;
    const baseline: Baseline = {
      ...{ machine, identity, attempts, hashes, frozen },
      command: commandLine("leaderboard", ["check", ...argv]),
      commit: await sourceCommit(),
    };
    await writeWhole(BASELINE_PATH, [baselineText(baseline)]);
  }
  console.log(recordText(gates, isSound ? BASELINE_PATH : null, outputStyle()));
  return isSound ? 0 : 1;
}

/** Margins in shares, as metrics are. */
function metricOptions({ values: { statistics } }: GateFlags): MetricOptions {
  return {
    alpha: statistics.alpha,
    seed: 1,
    margins: {
      greedyEx: statistics.marginGreedyEx / 100,
      ex: statistics.marginEx / 100,
      redundantCalls: statistics.marginRedundantCalls / 100,
      calls: statistics.marginCalls,
      violations: statistics.marginViolations / 100,
    },
  };
}
