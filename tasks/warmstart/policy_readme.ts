/**
 * The page of the warm-started policy: how it was made and what it can do, with no number by hand.
 *
 * @module
 */

import type { EvaluationSummary } from "../../src/evaluation/summary.ts";
import { startTables } from "./start_tables.ts";

/** A stage of the training as it went. */
export interface StageRecord {
  readonly stage: number;
  readonly steps: number;
  readonly learningRate: number;
  readonly scrambledShare: number;
  readonly favouriteShare: number;
  readonly isExpert: boolean;
  /** Mean over the last 100 steps, in nats a token. */
  readonly loss: number;
  readonly seconds: number;
  /** Commit of the source tree. */
  readonly commit: string | null;
}

/** What the page is made of. */
export interface PolicyFacts {
  readonly seed: number;
  readonly weightCount: number;
  readonly stages: readonly StageRecord[];
  /** On the dev questions: as evaluations decode, and as training samples. */
  readonly greedy: EvaluationSummary;
  readonly sampled: EvaluationSummary;
}

/** The page in Markdown. */
export function policyReadme(facts: PolicyFacts): string {
  const { seed, weightCount, stages } = facts;
  const rows = stages.map((stage) =>
    `| ${stage.stage} | ${stage.steps} | ${stage.learningRate} | ${stage.scrambledShare} | ${stage.favouriteShare} | ${
      stage.isExpert ? "expert" : "habits"
    } | ${stage.loss.toFixed(3)} | ${Math.round(stage.seconds)} | ${stage.commit ?? "-"} |`
  );
  return `# The fixture policy

A Llama-type transformer of ${weightCount.toLocaleString("en")} weights in Hugging Face's folder
form, with a byte-level BPE tokenizer of its own. It was trained, from random weights, on
demonstrations for minibird questions of the train split (none of them among the committed ones), so
that reinforcement learning starts from a policy that follows the format, is right on a part of the
questions, and makes calls that it does not need. Part of the demonstrations guess instead of
looking up, make needless calls, or both: see \`tasks/warmstart/demonstrations.ts\`.

\`deno task warmstart\` makes it (seed ${seed}) and writes this page; \`--stage\` and \`--from\` go on
from a stage's result. The weights here were made stage by stage at the commits below, on 2 CPU cores
that other work shared; a commit is that of the checkout, which edits not yet committed may have
differed from. The five stages have not been run again in one go, so how near a rerun comes is not
known; its bytes differ on another machine.

| stage | steps | learning rate | scrambled values | favourite waste | shown by | loss | seconds | commit |
| --- | --- | --- | --- | --- | --- | --- | --- | --- |
${rows.join("\n")}

Loss is the mean negative log likelihood of the demonstrated tokens over the last 100 steps. In
scrambled demonstrations the values of a question are exchanged for others, so that the policy has to
copy them.

${startTables("minibird's dev questions", facts)}`;
}
