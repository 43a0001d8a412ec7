/**
 * `finestep credit`: an audit of how any agent used its SQL tool, without training.
 *
 * @module
 */

import { createReadStream, statSync } from "node:fs";
import { createInterface } from "node:readline";
import { CREDIT_ALGORITHMS, makeAlgorithm } from "../algorithms/mod.ts";
import { audit, creditOptions } from "../audit/audit.ts";
import type { ChatOptions } from "../audit/chat.ts";
import { limitsOf } from "../audit/limits.ts";
import { readLine } from "../audit/read_line.ts";
import { totals } from "../audit/totals.ts";
import { ERROR_PATTERN } from "../audit/tool_result.ts";
import type { Trace } from "../audit/trace.ts";
import { choice, defaults, folder, option } from "../config/option.ts";
import { loadDataset, requireSql } from "../dataset/dataset.ts";
import { AnswerResults } from "../env/answer_results.ts";
import { ENV_OPTIONS } from "../env/options.ts";
import { auditJson, type AuditRecord } from "../reports/audit_document.ts";
import { auditText, stepsText } from "../reports/audit_report.ts";
import { rewardOptions } from "../rewards/options.ts";
import { SqlPool } from "../sandbox/pool.ts";
import { type Flags, parseFlags, UsageError } from "./args.ts";
import { located } from "./located.ts";
import { rerun } from "./rerun.ts";
import { SQL_OPTIONS } from "./setup.ts";
import { outputStyle } from "./terminal.ts";

export const TABLES = {
  audit: {
    algorithm: choice("finestep", CREDIT_ALGORITHMS, "whose rewards and advantages", "ours"),
    steps: option(0, "print the trajectory of this line step by step (0 = none)", "ours", {
      range: [0, 1e9],
    }),
    top: option(20, "trajectories listed, most redundant calls first", "ours", {
      range: [0, 1e9],
    }),
    skipInvalid: option(false, "leave out lines that cannot be read, and say so", "ours"),
    seed: option(1, "seed of the intervals", "ours"),
  },
  "chat messages": {
    errorPattern: option(
      "",
      "regular expression of tool results that are failures (none = as in docs/audit.md)",
      "ours",
    ),
    sqlArgument: option("", "argument of tools that holds SQL (none = it is looked for)", "ours"),
    answerTool: option("", "tool that submits the answer (none = the last message does)", "ours"),
  },
  "run again": {
    data: folder("", "data set to run the SQL on again, by question_id (none = not)", "ours"),
    ...SQL_OPTIONS,
  },
};

type CreditFlags = Flags<typeof TABLES>;

export const HELP = {
  usage: "finestep credit <file.jsonl>",
  summary: "Audits the tool calls of any SQL agent, from OpenAI's chat messages or our episodes: " +
    "redundancy, step rewards and advantages (docs/audit.md)",
};

/**
 * Audits a file and prints what was found.
 *
 * @returns The exit code.
 * @throws {UsageError} If the command line is not one of this command.
 * @throws {SyntaxError} If a line is no trajectory.
 * @throws {Error} If the file or the data set cannot be read, or there is no trajectory in it.
 */
export async function run(argv: readonly string[]): Promise<number> {
  const flags = parseFlags(argv, TABLES);
  const file = onlyFile(flags.positionals);
  const record = await auditRecord(file, flags);
  const { steps: line, top } = flags.values.audit;
  if (flags.json) console.log(auditJson(record));
  else if (line > 0) console.log(stepsText(traceOfLine(record, line), outputStyle()));
  else console.log(auditText(record, outputStyle(), { top }));
  return 0;
}

function onlyFile(positionals: readonly string[]): string {
  if (positionals.length === 1) return positionals[0];
  throw new UsageError(
    `Cannot audit as one file must be given: current value is ${positionals.join(" ") || "none"}`,
  );
}

async function auditRecord(file: string, flags: CreditFlags): Promise<AuditRecord> {
  const { algorithm: name, skipInvalid, seed } = flags.values.audit;
  const skipped: string[] = [];
  const onInvalid = skipInvalid ? (reason: string) => void skipped.push(reason) : null;
  const read = await tracesOf(file, chatOptions(flags), onInvalid);
  if (read.length === 0) {
    throw new RangeError(`Cannot audit ${file} as it must hold a trajectory: there is none`);
  }
  const { traces, limits } = await asRunAgain(read, flags);
  const algorithm = makeAlgorithm(name);
  const rewards = rewardOptions(algorithm.name);
  const audited = audit(traces, algorithm, rewards);
  return {
    file,
    algorithm: algorithm.name,
    options: { ...rewards, ...creditOptions(algorithm) },
    seed,
    skipped,
    limits: [...limits, ...limitsOf(audited)],
    measures: totals(audited, { seed }),
    traces: audited,
  };
}

function chatOptions({ values }: CreditFlags): ChatOptions {
  const { errorPattern, sqlArgument, answerTool } = values["chat messages"];
  try {
    return { isError: new RegExp(errorPattern || ERROR_PATTERN, "i"), sqlArgument, answerTool };
  } catch (error) {
    throw new UsageError(
      `Cannot set "--error-pattern" as it must be a regular expression: ${
        (error as Error).message
      }`,
    );
  }
}

/** The file's trajectories; blank lines are none. */
async function tracesOf(
  file: string,
  options: ChatOptions,
  onInvalid: ((reason: string) => void) | null,
): Promise<Trace[]> {
  const traces: Trace[] = [];
  let line = 0;
  if (statSync(file).isDirectory()) {
    throw new Error(`Cannot audit ${file} as it must be a file: it is a folder`);
  }
  const input = createReadStream(file, "utf8");
  for await (const text of createInterface({ input, crlfDelay: Infinity })) {
    line++;
    if (text.trim() === "") continue;
    try {
      // Some editors put a byte order mark before the first line.
      traces.push(readLine(text.replace(/^\uFEFF/, ""), line, options));
    } catch (error) {
      const { message } = error as Error;
      if (onInvalid === null) {
        throw new SyntaxError(`${message} (in ${file}; --skip-invalid leaves it out)`, {
          cause: error,
        });
      }
      onInvalid(message);
    }
  }
  return traces;
}

/** Trajectories with exact results where a data set is given, and what was found in making them. */
async function asRunAgain(
  traces: readonly Trace[],
  { values }: CreditFlags,
): Promise<{ traces: readonly Trace[]; limits: string[] }> {
  const { split, workers, now, ...named } = values["run again"];
  const data = located(named.data);
  if (data === "") return { traces, limits: [] };
  const { answerTimeoutMs, toolTimeoutMs } = defaults(ENV_OPTIONS);
  await using pool = new SqlPool({ roots: [data], workers, now });
  const dataset = await loadDataset(data, { split: split || undefined, schemas: "skip" });
  requireSql(dataset, "run calls again");
  const exampleOf = new Map(dataset.examples.map((example) => [example.id, example]));
  const answers = new AnswerResults(pool, { timeoutMs: answerTimeoutMs });
  let unknown = 0;
  const exact = await Promise.all(traces.map((trace) => {
    if (trace.hasRows && trace.hasGold) return trace;
    const example = exampleOf.get(trace.episode.exampleId);
    if (example) return rerun(trace, example, { pool, toolTimeoutMs, answers });
    unknown++;
    return trace;
  }));
  const differing = traces.filter(({ outcome }, n) =>
    outcome !== null && outcome !== exact[n].outcome
  );
  const of = traces.length;
  return {
    traces: exact,
    limits: [
      ...unknown > 0
        ? [
          `${unknown} of ${of} trajectories are of no question of ${data}: they were not run again`,
        ]
        : [],
      ...differing.length > 0
        ? [
          `${differing.length} of ${of} outcomes given differ from EX, which counts: lines ${
            differing.map(({ line }) => line).join(", ")
          }`,
        ]
        : [],
    ],
  };
}

function traceOfLine({ traces, file }: AuditRecord, wanted: number) {
  const trace = traces.find(({ line }) => line === wanted);
  if (trace) return trace;
  throw new RangeError(
    `Cannot print line ${wanted} of ${file} as it must hold a trajectory: those that do are ${
      traces.slice(0, 5).map(({ line }) => line).join(", ")
    }${traces.length > 5 ? `, ... ${traces.at(-1)!.line}` : ""}`,
  );
}
