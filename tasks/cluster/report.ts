/**
 * What a check found, as text and curves.
 *
 * @module
 */

import { PLAIN } from "../../src/reports/style.ts";
import { table } from "../../src/reports/table.ts";
import type { Curve } from "./chart.ts";
import { compareCurves, meanOutcome } from "./curves.ts";
import type { ResumedRun } from "./killed_run.ts";
import type { Comparison } from "./side_by_side.ts";
import type { TrialOptions, TrialStep } from "./trial.ts";

/** Steps of an engine that acts, and of both that learn. */
export interface Sides {
  readonly options: TrialOptions;
  readonly steps: readonly TrialStep[];
  readonly comparisons: readonly Comparison[];
}

/** What each stage found; those that were not run are missing. */
export interface ClusterResults {
  readonly sides?: Sides;
  readonly alone?: readonly TrialStep[];
  readonly untrained?: {
    readonly server: readonly TrialStep[];
    readonly embedded: readonly TrialStep[];
  };
  readonly algorithms?: Readonly<Record<string, Sides>>;
  readonly resumed?: ResumedRun;
  /** The command that made each stage, its working tree's commit behind it. */
  readonly made?: Readonly<Record<string, string>>;
}

/**
 * What is allowed, in float32 on both sides. A logprob is a sum of some 10^5 products, of 24 bits
 * each, so that 10^-5 is expected at the first step; AdamW makes of a small difference in a gradient
 * that is itself almost 0 one as large as the learning rate, so that it grows with the steps.
 */
export const TOLERANCES = { logprob: 5e-3, loss: 1e-4, cosine: 0.999, difference: 0.05 };

/** The tables of a check. */
export function clusterText(results: ClusterResults): string {
  const { sides, alone, untrained, algorithms, resumed, made = {} } = results;
  return [
    Object.entries(made).map(([stage, how]) => `${stage}: ${how}`).join("\n"),
    ...sides ? [sidesText("finestep", sides)] : [],
    ...Object.entries(algorithms ?? {}).map(([name, other]) => sidesText(name, other)),
    ...untrained
      ? [
        apartText("before learning: each sampling by itself", untrained.server, untrained.embedded),
      ]
      : [],
    ...sides && alone
      ? [apartText(
        "finestep: each sampling and learning by itself, from the same adapters",
        sides.steps,
        alone,
      )]
      : [],
    ...sides && resumed ? [resumedText(sides.steps, resumed)] : [],
  ].join("\n\n") + "\n";
}

/** The curves of a check, where there are any. */
export function clusterPanels({ sides, alone, resumed }: ClusterResults) {
  const curve = (name: string, values: readonly number[] = []): Curve[] =>
    values.length === 0 ? [] : [{ name, values }];
  return [
    {
      title: "loss",
      curves: [
        ...curve("server", sides?.comparisons.map(({ loss }) => loss.server)),
        ...curve("embedded, same batches", sides?.comparisons.map(({ loss }) => loss.embedded)),
        ...curve("server, killed and resumed", resumed?.loss),
      ],
    },
    {
      title: "mean outcome",
      curves: [
        ...curve("server", sides?.steps.map(meanOutcome)),
        ...curve("embedded, by itself", alone?.map(meanOutcome)),
        ...curve("server, killed and resumed", resumed?.outcome),
      ],
    },
  ];
}

function sidesText(name: string, { options, comparisons }: Sides): string {
  const headings = [
    ...["step", "loss, server", "loss, embedded", "logprobs", "as sampled"],
    ...["grad. norm, server", "embedded", "cosine of change", "difference", "of all learned"],
  ];
  const rows = comparisons.map(({ loss, logprobs, gradientNorm, change, learned }, step) => [
    String(step + 1),
    loss.server.toFixed(6),
    loss.embedded.toFixed(6),
    logprobs.between.toExponential(1),
    logprobs.toSampled.toExponential(1),
    gradientNorm.server.toPrecision(5),
    gradientNorm.embedded.toPrecision(5),
    change.cosine.toFixed(7),
    change.difference.toExponential(1),
    learned.difference.toExponential(1),
  ]);
  const { groupsPerStep, groupSize, learningRate, rank, seed } = options;
  return [
    `${name}: server and embedded engine on the batches that the server sampled; ${groupsPerStep} groups of ` +
    `${groupSize}, rank ${rank}, learning rate ${learningRate}, seed ${seed}`,
    table(headings.map((heading) => ({ heading, align: "right" })), rows, PLAIN),
    verdict(comparisons),
  ].join("\n");
}

function verdict(comparisons: readonly Comparison[]): string {
  const worst = {
    logprob: Math.max(...comparisons.map(({ logprobs }) => logprobs.between)),
    loss: Math.max(...comparisons.map(({ loss }) => Math.abs(loss.server - loss.embedded))),
    cosine: Math.min(...comparisons.map(({ change }) => change.cosine)),
    difference: Math.max(...comparisons.map(({ learned }) => learned.difference)),
  };
  const holds = worst.logprob <= TOLERANCES.logprob && worst.loss <= TOLERANCES.loss &&
    worst.cosine >= TOLERANCES.cosine && worst.difference <= TOLERANCES.difference;
  return [
    `largest difference of a logprob ${
      worst.logprob.toExponential(1)
    } (allowed ${TOLERANCES.logprob})`,
    `of the loss ${worst.loss.toExponential(1)} (${TOLERANCES.loss})`,
    `least cosine of a change ${worst.cosine.toFixed(7)} (${TOLERANCES.cosine})`,
    `largest difference of all learned ${
      worst.difference.toExponential(1)
    } (${TOLERANCES.difference})`,
  ].join(", ") +
    `: ${holds ? "within" : "OUTSIDE"} the tolerance at all ${comparisons.length} steps`;
}

/** Engines that sampled apart. */
function apartText(
  what: string,
  server: readonly TrialStep[],
  embedded: readonly TrialStep[],
): string {
  const { curves, step, mean } = compareCurves(server, embedded);
  const rows = curves.server.map((value, n) => [
    String(n + 1),
    String(server[n].outcomes.flat().length),
    value.toFixed(3),
    curves.embedded[n].toFixed(3),
    (value - curves.embedded[n]).toFixed(3),
  ]);
  const headings = ["step", "episodes each", "outcome, server", "embedded", "difference"];
  const holds = step.largest <= step.byChance && Math.abs(mean.difference) <= mean.byChance;
  return [
    what,
    table(headings.map((heading) => ({ heading, align: "right" })), rows, PLAIN),
    `largest difference ${step.largest.toFixed(3)} (by chance at most ${
      step.byChance.toFixed(3)
    } in 95 of 100), mean difference ${mean.difference.toFixed(4)} (${mean.byChance.toFixed(4)}): ${
      holds ? "agrees" : "DIFFERS"
    }`,
  ].join("\n");
}

function resumedText(steps: readonly TrialStep[], resumed: ResumedRun): string {
  const losses = steps.map(({ loss }, step) => Math.abs(loss - resumed.loss[step]));
  const outcomes = steps.map((step, n) => Math.abs(meanOutcome(step) - resumed.outcome[n]));
  const equal = outcomes.filter((difference) => difference < 1e-9).length;
  return [
    `finestep train: killed in step ${
      resumed.killedAfter + 1
    }, its server killed and started again, ` +
    `gone on after step ${resumed.resumedAfter}`,
    `beside the run that was not killed: the outcome is the same at ${equal} of ${steps.length} steps ` +
    `(largest difference ${Math.max(...outcomes).toFixed(3)}), the loss differs by at most ${
      Math.max(...losses).toExponential(1)
    }`,
  ].join("\n");
}
