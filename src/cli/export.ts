/**
 * `finestep export`: a stored evaluation in a form for other programs and for readers.
 *
 * @module
 */

import { existsSync } from "node:fs";
import { choice, file, option } from "../config/option.ts";
import { summarize } from "../evaluation/summary.ts";
import type { Verdict } from "../evaluation/verdict.ts";
import { csv } from "../reports/export/csv.ts";
import { json } from "../reports/export/json.ts";
import { jsonLines } from "../reports/export/jsonl.ts";
import { markdown } from "../reports/export/markdown.ts";
import { official } from "../reports/export/official.ts";
import { verdictsJson } from "../reports/export/verdicts.ts";
import { type ExportedRun, partialText } from "../reports/exported_run.ts";
import {
  DEFAULT_STORE_PATH,
  type Metric,
  openStore,
  type Phase,
  type Run,
  type RunStore,
} from "../store/run_store.ts";
import { usageOf } from "../store/run_usage.ts";
import { parseFlags, UsageError } from "./args.ts";
import { EVERY_EVAL_EVER_OPTIONS, writeEveryEvalEver } from "./every_eval_ever.ts";
import { refuseToOverwrite, writeWhole } from "./whole_file.ts";

/** Formats that are one text. */
const FORMATS: Readonly<Record<string, (exported: ExportedRun) => string>> = {
  json,
  jsonl: jsonLines,
  csv,
  markdown,
  official,
  verdicts: verdictsJson,
};

/** Phases that evaluate, the last first. */
const PHASES: readonly Phase[] = ["eval", "after", "before"];

export const TABLES = {
  options: {
    format: choice(
      "json",
      [...Object.keys(FORMATS), "every-eval-ever"],
      "form of the export (docs/formats.md)",
      "ours",
    ),
    out: file("", "file to write; for every-eval-ever a folder (none = print)", "ours"),
    force: option(false, "write over files that are there", "ours"),
    phase: choice(
      "last",
      ["last", "before", "after", "eval"],
      "which evaluation of the run",
      "ours",
    ),
    store: file(DEFAULT_STORE_PATH, "the SQLite file of runs", "ours"),
  },
  "every-eval-ever": EVERY_EVAL_EVER_OPTIONS,
};

export const HELP = {
  usage: "finestep export <run>",
  summary: "Writes a stored evaluation as JSON, JSONL, CSV, Markdown, BIRD's tables or verdicts, " +
    "or for Every Eval Ever (docs/formats.md)",
};

/**
 * Writes or prints the export.
 *
 * @returns The exit code.
 * @throws {UsageError} If the command line is not one of this command.
 * @throws {RangeError} If there is no such run, or no such evaluation in it.
 * @throws {Error} If a file is there already, or cannot be written.
 */
export async function run(argv: readonly string[]): Promise<number> {
  const flags = parseFlags(argv, TABLES);
  const id = wantedId(flags.positionals);
  const { format, out, force, phase, store: path } = flags.values.options;
  // Opening would make the file.
  if (!existsSync(path)) throw new Error(`Cannot export as there is no store: ${path}`);
  using store = openStore(path);
  const exported = evaluationOf(store, id, phase);
  const partial = partialText(exported);
  if (partial) console.error(`warning: the evaluation is partial: ${partial}`);
  if (format === "every-eval-ever") {
    const episodes = store.episodes(id, exported.phase).map(({ episode }) => episode);
    const settings = { out, force, ...flags.values["every-eval-ever"] };
    await writeEveryEvalEver({ ...exported, episodes }, settings);
  } else await writeText(FORMATS[format](exported), out, force);
  return 0;
}

function wantedId(positionals: readonly string[]): number {
  if (positionals.length === 1 && /^\d+$/.test(positionals[0])) return Number(positionals[0]);
  throw new UsageError(
    `Cannot export as the run's id must be given, one number: current value is ${
      positionals.join(" ") || "none"
    }`,
  );
}

function evaluationOf(store: RunStore, id: number, wanted: Phase | "last"): ExportedRun {
  const run = store.run(id);
  const phases = PHASES.filter((phase) => store.verdicts(id, phase).length > 0);
  const phase = wanted === "last" ? phases[0] : wanted;
  if (!phases.includes(phase)) {
    throw new RangeError(
      `Cannot export run ${id} as it must have evaluated questions${
        wanted === "last" ? "" : ` in phase "${wanted}"`
      }: there are verdicts of ${phases.join(", ") || "no phase"}`,
    );
  }
  const verdicts = store.verdicts(id, phase);
  const usage = usageOf(store.file, id);
  return { run, phase, verdicts, usage, metrics: metricsOf(store, run, phase, verdicts) };
}

/** The stored ones; those of the verdicts there are where the evaluation is not complete. */
function metricsOf(
  store: RunStore,
  { id, seed }: Run,
  phase: Phase,
  verdicts: readonly Verdict[],
): Metric[] {
  const stored = store.metrics(id).filter((metric) => metric.phase === phase);
  if (stored.length > 0) return stored;
  const { measures } = summarize(verdicts, { seed });
  return Object.entries(measures).map(([name, measure]) => ({ phase, name, ...measure }));
}

/** A reader that has seen enough, such as `head`, is no failure. */
async function print(text: string): Promise<void> {
  try {
    await new Blob([text]).stream().pipeTo(Deno.stdout.writable, { preventClose: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
  }
}

async function writeText(text: string, out: string, force: boolean): Promise<void> {
  if (out === "") {
    await print(text);
    return;
  }
  if (!force) refuseToOverwrite(out);
  await writeWhole(out, [text]);
}
