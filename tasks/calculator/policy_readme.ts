/**
 * The page of the calculator's warm-started policy: how it was made and what it can do, with no number
 * by hand.
 *
 * @module
 */

import type { EvaluationSummary } from "../../src/evaluation/summary.ts";
import { startTables } from "../warmstart/start_tables.ts";

/** What the page is made of. */
export interface PolicyFacts {
  readonly seed: number;
  readonly weightCount: number;
  readonly demonstrationCount: number;
  readonly steps: number;
  readonly batchTokens: number;
  readonly learningRate: number;
  /** Mean over the last 100 steps, in nats a token. */
  readonly loss: number;
  readonly seconds: number;
  /** Commit of the source, with `+` where files differed from it; null outside a checkout. */
  readonly commit: string | null;
  /** On the dev questions: as evaluations decode, and as training samples. */
  readonly greedy: EvaluationSummary;
  readonly sampled: EvaluationSummary;
}

/** The page in Markdown. */
export function policyReadme(facts: PolicyFacts): string {
  const { seed, weightCount, demonstrationCount, steps, batchTokens, learningRate } = facts;
  const { loss, seconds, commit } = facts;
  return `# The calculator's policy

A Llama-type transformer of ${
    weightCount.toLocaleString("en")
  } weights in Hugging Face's folder form, with a
byte-level BPE tokenizer of its own in which every digit is a token. It was trained, from random weights,
on ${
    demonstrationCount.toLocaleString("en")
  } demonstrations for questions of the train split (none of them among the
committed ones), so that reinforcement learning starts from a policy that follows the format, is right on
a part of the questions, and makes calls that it does not need. Part of the demonstrations guess instead
of calculating, slip, or make needless calls: see \`tasks/calculator/demonstrations.ts\`.

\`deno run -A tasks/calculator/warmstart.ts\` makes it (seed ${seed}) and writes this page: ${steps} steps of
about ${batchTokens} tokens on one thread, learning rate ${learningRate}, ${
    Math.round(seconds)
  } s on a
core that other work shared, at commit ${commit ?? "unknown"}. The loss ended at ${
    loss.toFixed(3)
  }: the mean negative log likelihood of the demonstrated
tokens over the last 100 steps. Its bytes differ on another machine.

${startTables("the dev questions of fixtures/calculator", facts)}`;
}
