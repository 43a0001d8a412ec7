/**
 * The clients of others against `finestep serve`: `openenv validate`, whole episodes by OpenEnv's, ORS's and
 * verifiers' clients and in SkyRL's gym, and two optimizer steps of TRL's GRPOTrainer. Writes what was run,
 * the versions of the packages and what they saw. Exits with 1 when a test fails or none is named.
 *
 * Run with `deno task conformance [--openenv-python PATH] [--ors-python PATH] [--verifiers-python PATH]
 * [--skyrl-gym-python PATH] [--trl-python PATH] [--output results/serve_conformance.txt]`, each a Python that
 * has the packages; what is not named is left out, and the result says so.
 *
 * @module
 */

import { stripVTControlCharacters } from "node:util";
import { parseArgs } from "node:util";
import { sourceCommit } from "../src/cli/program.ts";
import { conformanceReport, RECORD_FILES } from "./conformance/report.ts";

const { values: flags } = parseArgs({
  options: {
    "openenv-python": { type: "string" },
    "ors-python": { type: "string" },
    "verifiers-python": { type: "string" },
    "skyrl-gym-python": { type: "string" },
    "trl-python": { type: "string" },
    output: { type: "string" },
  },
});

const records = await Deno.makeTempDir();
try {
  const env: Record<string, string> = { FINESTEP_CONFORMANCE_RECORDS: records, NO_COLOR: "1" };
  for (const name of ["openenv", "ors", "verifiers", "skyrl-gym", "trl"] as const) {
    const python = flags[`${name}-python`];
    if (python) env[`FINESTEP_${name.toUpperCase().replace("-", "_")}_PYTHON`] = python;
  }
  const args = ["test", "--allow-all", "tests/server/conformance"];
  const { success, stdout } = await new Deno.Command(Deno.execPath(), { args, env }).output();
  const outcomes = stripVTControlCharacters(new TextDecoder().decode(stdout));
  const kept = await Promise.all(
    RECORD_FILES.map(async (name) => [name, await read(name)] as const),
  );
  const report = conformanceReport(outcomes, Object.fromEntries(kept));
  const named = Object.keys(flags).filter((name) => name.endsWith("python"));
  const command = ["deno task conformance", ...named.map((name) => `--${name} PYTHON`)].join(" ");
  const text = `$ ${command}\ncommit ${await sourceCommit()}\n\n${report}`;
  console.log(text);
  if (flags.output) await Deno.writeTextFile(flags.output, text);
  Deno.exitCode = success && named.length > 0 ? 0 : 1;
} finally {
  await Deno.remove(records, { recursive: true });
}

/** A record as JSON; null where its test was left out or failed before it. */
async function read(name: string): Promise<unknown> {
  try {
    return JSON.parse(await Deno.readTextFile(`${records}/${name}`));
  } catch {
    return null;
  }
}
