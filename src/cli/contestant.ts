/**
 * Who is evaluated: a model that acts in the environment, or a file of answers.
 *
 * @module
 */

import type { EnvOptions } from "../env/options.ts";
import type { Attempt, Trial } from "../evaluation/evaluate.ts";
import type { RunIdentity } from "../store/identity.ts";

/** A model or a file, ready to be evaluated. */
export interface Contestant extends AsyncDisposable {
  /** As reports name it. */
  readonly name: string;
  readonly attempt: Attempt;
  /** The environment's options that go with it. */
  readonly env: EnvOptions;
  /** Its attempts at the questions. */
  readonly trials: readonly Trial[];
  /** Attempts at a time. */
  readonly concurrency: number;
  /** Path of the file of answers; null for a model, whose episodes are worth storing. */
  readonly predictions: string | null;
  readonly identity: Pick<RunIdentity, "policy" | "prompt">;
  readonly warnings: readonly string[];
}
