/**
 * Who is evaluated: a model that acts in the environment, or a file of answers.
 *
 * @module
 */

import type { EnvOptions } from "../env/options.ts";
import type { Attempt, Trial } from "../evaluation/evaluate.ts";
import type { RunIdentity } from "../store/identity.ts";

/** Counts what a contestant uses. */
export interface Meter {
  /** Says which run it is used for, before anything is. */
  begin(runId: number): void;
  /** What the run has used so far, in lines of text. */
  text(): string;
}

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
  /** Whether attempts under way are given up on Ctrl-C though episodes are kept. */
  readonly abandons?: boolean;
  /** What counts what it uses; absent where that is not counted. */
  readonly meter?: Meter;
  readonly warnings: readonly string[];
}
