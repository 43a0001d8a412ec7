/**
 * `finestep engine probe URL`: finds out what a Tinker server does with what it is sent, and whether it
 * can be trained on.
 *
 * @module
 */

import { option } from "../config/option.ts";
import { TINKER_OPTIONS } from "../engines/tinker/options.ts";
import { probe } from "../engines/tinker/probe.ts";
import { type Finding, findingRows } from "../engines/tinker/verdict.ts";
import { table } from "../reports/table.ts";
import { parseFlags, UsageError } from "./args.ts";
import { outputStyle } from "./terminal.ts";
import { openSession } from "./tinker_setup.ts";

/** Name and version of `--json`; the version goes up with a change that breaks readers. */
const PROBE_FORMAT = "finestep.probe/1";

const { baseModel, serverKeyEnv, serverTimeout } = TINKER_OPTIONS;

/** What the help says first. */
export const HELP = {
  usage: "finestep engine probe URL",
  summary: "Finds out by experiments on a throw-away model what a Tinker server does.\n" +
    "Exits with 1 where it cannot be trained on rightly (docs/tinker.md).",
};

/** Every option, by the heading of its help. */
export const TABLES = {
  server: { baseModel, serverKeyEnv, serverTimeout },
  probe: {
    rank: option(4, "rank of the throw-away adapters", "ours", { range: [1, 65_536] }),
    vocabSize: option(256, "tokens below it are ones of the model", "ours", {
      range: [2, 1_000_000],
    }),
    probeWeightDecay: option(
      false,
      "also try weight decay, which on SkyRL's JAX backend shrinks the adapters of others too",
      "ours",
    ),
  },
};

/**
 * Probes and prints the table.
 *
 * @returns The exit code.
 * @throws {UsageError} If the command line is not one of this command.
 */
export async function run(argv: readonly string[]): Promise<number> {
  const flags = parseFlags(argv, TABLES);
  if (flags.positionals.length !== 1) {
    throw new UsageError(`Expected the address of one server: ${HELP.usage}`);
  }
  const [server] = flags.positionals;
  const { rank, vocabSize, probeWeightDecay: triesWeightDecay } = flags.values.probe;
  await using session = await openSession({ ...flags.values.server, server });
  const options = { rank, vocabSize, triesWeightDecay, triesLosses: true };
  const findings = await probe(session, options);
  const rows = findingRows(findings);
  const refusals = rows.filter(({ isRefusal }) => isRefusal);
  if (flags.json) {
    const { baseModel } = session;
    const document = { schema: PROBE_FORMAT, server, baseModel, findings, rows };
    console.log(JSON.stringify(document, null, 2));
  } else {
    console.log(probeText(server, session.baseModel, rows));
  }
  return refusals.length === 0 ? 0 : 1;
}

function probeText(server: string, baseModel: string, rows: readonly Finding[]): string {
  const columns = ["question", "found", "meaning for finestep"].map((heading) => ({ heading }));
  const cells = rows.map(({ question, found, meaning }) => [question, found, meaning]);
  const refusals = rows.filter(({ isRefusal }) => isRefusal).map(({ question }) => question);
  return [
    `${server}, ${baseModel}`,
    table(columns, cells, outputStyle()),
    refusals.length === 0
      ? "It can be trained on"
      : `It cannot be trained on rightly: ${refusals.join(" ")}`,
  ].join("\n");
}
