/**
 * `finestep doctor`: whether everything that the commands need works on this machine.
 *
 * @module
 */

import { file, folder, option } from "../config/option.ts";
import { colored, type Style } from "../reports/style.ts";
import { DEFAULT_STORE_PATH } from "../store/run_store.ts";
import { parseFlags, requireFlagsOnly } from "./args.ts";
import { gatherFacts } from "./doctor_probes.ts";
import { type Finding, findingsOf, hasProblem } from "./doctor_findings.ts";
import { VERSION } from "./program.ts";
import { FIXTURE_DATA, FIXTURE_POLICY, SQL_OPTIONS } from "./setup.ts";
import { outputStyle } from "./terminal.ts";

/** Name and version of `--json`; the version goes up with a change that breaks readers. */
export const DOCTOR_FORMAT = "finestep.doctor/1";

export const TABLES = {
  options: {
    data: folder(FIXTURE_DATA, "data set in BIRD's or Spider's form to look at", "ours"),
    split: SQL_OPTIONS.split,
    model: file(FIXTURE_POLICY, "model to look at: a folder, or a .gguf file", "ours"),
    store: file(DEFAULT_STORE_PATH, "the SQLite file of runs", "ours"),
    server: option(
      "",
      "URL of a server to ask what it speaks: OpenAI's API, Tinker's, OpenEnv (none = no network)",
      "ours",
    ),
  },
};

export const HELP = {
  usage: "finestep doctor",
  summary:
    "Tries what the commands need on this machine: runtime, devices, SQL workers, packages,\n" +
    "data, model, disk and store. Exits with 1 where something is a problem.",
};

/**
 * Prints what was found.
 *
 * @returns The exit code: 1 when something is a problem.
 * @throws {UsageError} If the command line is not one of this command.
 */
export async function run(argv: readonly string[]): Promise<number> {
  const { values, positionals, json } = parseFlags(argv, TABLES);
  requireFlagsOnly({ positionals });
  const findings = findingsOf(await gatherFacts(values.options));
  console.log(
    json
      ? JSON.stringify({ schema: DOCTOR_FORMAT, version: VERSION, findings }, null, 2)
      : doctorText(findings, outputStyle()),
  );
  return hasProblem(findings) ? 1 : 0;
}

/**
 * A line for each finding, and one below it for what to do.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { PLAIN } from "../reports/style.ts";
 * import { doctorText } from "./doctor.ts";
 *
 * const finding = { check: "disk", found: "full", state: "problem", advice: "make room" } as const;
 * assert.equal(
 *   doctorText([finding], PLAIN),
 *   "problem  disk  full\n               make room\n\n1 problem, 0 warnings, 0 ok",
 * );
 * ```
 */
export function doctorText(findings: readonly Finding[], style: Style): string {
  const width = Math.max(...findings.map(({ check }) => check.length));
  const lines = findings.flatMap(({ check, found, state, advice }) => [
    `${shown(state, style)}  ${check.padEnd(width)}  ${found}`,
    ...advice === "" ? [] : [" ".repeat(STATE_WIDTH + width + 4) + advice],
  ]);
  const count = (wanted: string) => findings.filter(({ state }) => state === wanted).length;
  const problems = count("problem"), warnings = count("warning");
  const summary = `${problems} problem${problems === 1 ? "" : "s"}, ` +
    `${warnings} warning${warnings === 1 ? "" : "s"}, ${count("ok")} ok`;
  return [...lines, "", summary].join("\n");
}

const STATE_WIDTH = "problem".length;

function shown(state: Finding["state"], style: Style): string {
  const text = state.padEnd(STATE_WIDTH);
  if (state === "ok") return colored(text, "green", style);
  return state === "problem" ? colored(text, "red", style) : colored(text, "bold", style);
}
