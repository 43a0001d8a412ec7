/**
 * The identity of one evaluation (see {@linkcode RunIdentity}), put together from its parts.
 *
 * @module
 */

import { ANSWER_CAPS } from "../env/options.ts";
import { fileSha256 } from "../store/file_hashes.ts";
import type { RunIdentity } from "../store/identity.ts";
import type { Arena } from "./arena.ts";
import type { Contestant } from "./contestant.ts";
import type { EvalFlags } from "./eval_options.ts";
import { VERSION } from "./program.ts";

/** All that the numbers of a contestant depend on. */
export async function runIdentity(
  arena: Arena,
  { env, identity }: Contestant,
  { run }: EvalFlags["values"],
): Promise<RunIdentity> {
  const { dataset, fingerprint, examples, sqlite } = arena;
  const { filter, sample, seed, limit, gold, now, temperature } = run;
  const samples = identity.policy.kind === "predictions" ? 1 : run.samples;
  const { answerTimeoutMs, toolTimeoutMs, maxTurns } = env;
  return {
    dataSet: { name: dataset.name, split: dataset.split, ...fingerprint },
    questions: {
      total: dataset.examples.length,
      evaluated: examples.length,
      filter,
      sample,
      sampleSeed: sample > 0 ? seed : null,
      limit,
      goldSha256: gold ? await fileSha256(gold) : null,
    },
    quarantine: quarantined(arena),
    exRule: arena.task.answerRule,
    ...identity,
    limits: { answerTimeoutMs, toolTimeoutMs, ...ANSWER_CAPS, maxTurns },
    now,
    sqlite,
    seed,
    samples,
    temperature,
    versions: { finestep: VERSION, deno: Deno.version.deno },
  };
}

function quarantined({ quarantine, examples }: Arena): RunIdentity["quarantine"] {
  if (quarantine === null) return null;
  const quarantined = examples.filter(({ id }) => quarantine.ids.has(id)).length;
  return { version: quarantine.version, quarantined };
}
