/**
 * Finds out by small experiments what a server does with what it is sent: how it reduces losses, which
 * settings of the optimizer it reads, how it samples. How that can be told is in probe_bench.ts.
 *
 * @module
 */

import type { Wire } from "./messages.ts";
import { LONG_TOKENS, OTHER_TOKENS, PROBE_TOKENS, ProbeBench, times } from "./probe_bench.ts";
import type { Accumulation, Reduction } from "./reduction.ts";
import type { Session } from "./session.ts";
import { unlessRefused } from "./transport.ts";

/** What a server was found to do; null where that could not be told. */
export interface Findings {
  readonly wire: Wire;
  /** Losses that a forward pass may name; null where that was not tried. */
  readonly losses: readonly string[] | null;
  /** Largest difference between the logprobs of passes over the same sequence. */
  readonly passDifference: number;
  readonly reduction: Reduction | null;
  readonly accumulation: Accumulation | null;
  /** How far a mixed batch in two requests moves the model, relative to what it should by these two. */
  readonly mixedResponse: number;
  /** Whether the logprobs that are sent make a ratio. */
  readonly hasRatio: boolean;
  /** Whether weights of tokens count in the loss of ratios; null where they are refused. */
  readonly readsWeights: boolean | null;
  readonly readsLearningRate: boolean;
  readonly readsEpsilon: boolean;
  readonly readsBeta1: boolean;
  readonly readsBeta2: boolean;
  /** Null where it was not tried. */
  readonly readsWeightDecay: boolean | null;
  readonly clipsGradients: boolean;
  /** Largest difference between logprobs as sampled and those of a pass. */
  readonly samplingDifference: number;
  readonly repeatsSeeds: boolean;
  /** Whether the token that ends a message is among those sampled. */
  readonly givesStopToken: boolean;
}

/** How a server is probed. */
export interface ProbeOptions {
  /** Of the throw-away adapters. */
  readonly rank: number;
  /** Tokens below it are ones of the model. */
  readonly vocabSize: number;
  readonly triesLosses: boolean;
  /** SkyRL's JAX backend lets weight decay shrink the adapters of other models too. */
  readonly triesWeightDecay: boolean;
}

/** Names of losses that servers are known to have. */
const LOSSES = [
  "cross_entropy",
  "importance_sampling",
  "ppo",
  "cispo",
  "gspo",
  "dapo",
  "grpo",
  "dppo",
  "dro",
];

/**
 * Probes a server, on a model that is unloaded in the end.
 *
 * @throws {TinkerError} If the server cannot be reached, or refuses what any training needs.
 * @throws {TypeError} If it has no forward pass, or its optimizer does nothing.
 */
export async function probe(session: Session, options: ProbeOptions): Promise<Findings> {
  const refusals: string[] = [];
  for (const wire of ["protobuf", "json"] as const) {
    const model = await session.createModel({ rank: options.rank, seed: 1 }, { wire });
    try {
      const bench = new ProbeBench(model, options.vocabSize);
      const first = await unlessRefused(
        () => model.logprobs([bench.probe.ids]),
        ({ message }) => refusals.push(`in ${wire}: ${message}`),
      );
      if (first) return { wire, ...await findings(bench, options) };
    } finally {
      await session.unload(model);
    }
  }
  throw new TypeError(
    [
      `Cannot train on ${session.transport.url} as it must have a forward pass: it refuses one`,
      ...refusals,
    ].join("\n  "),
  );
}

async function findings(
  bench: ProbeBench,
  { triesLosses, triesWeightDecay }: ProbeOptions,
): Promise<Omit<Findings, "wire">> {
  const passDifference = await bench.passDifference();
  const losses = triesLosses ? await bench.losses(LOSSES) : null;
  await bench.calibrate();
  const readsLearningRate = await bench.obeys();
  const scales = await scalesOf(bench);
  const sampling = await bench.sampling();
  const settings = await settingsOf(bench, triesWeightDecay);
  return { passDifference, losses, ...scales, ...sampling, readsLearningRate, ...settings };
}

/** What the server does to the size of gradients. */
async function scalesOf(bench: ProbeBench) {
  const { probe, long, other } = bench;
  const alone = await bench.size([[probe]]);
  const shifted = await bench.size([[{ ...probe, shift: -Math.LN2 }]]) / alone;
  const followed = await bench.size([[long]]);
  const inCompany = await bench.size([[long, other]]) / followed;
  const inSequence = await bench.size([[long], [other, other, other]]) / followed;
  const reduction = reductionOf(followed / alone, inCompany);
  const accumulation = reduction && accumulationOf(reduction, inSequence);
  const unweighted = await bench.unweighted();
  return {
    reduction,
    accumulation,
    mixedResponse: await mixed(bench, reduction, accumulation),
    hasRatio: isNear(shifted, 2),
    readsWeights: unweighted === null ? null : Math.abs(unweighted / followed) < 0.1,
  };
}

/** Which settings of the optimizer are read; of the others that can be told only where epsilon is. */
async function settingsOf(bench: ProbeBench, triesWeightDecay: boolean) {
  const alone = await bench.rise();
  const doubled = await bench.rise(2) / alone;
  const faster = await bench.rise(1, { rate: 2 }) / alone;
  const readsEpsilon = isNear(doubled, 2) && isNear(faster, 2);
  const clipped = await bench.rise(1, { maxGradientNorm: 1e-9 }) / alone;
  return {
    readsEpsilon,
    clipsGradients: readsEpsilon && Math.abs(clipped) < 0.1,
    readsBeta1: readsEpsilon && isNear(await bench.momentum(), 0.5),
    readsWeightDecay: triesWeightDecay && readsEpsilon ? await bench.decayed() < 0.6 : null,
    readsBeta2: readsEpsilon && await bench.memoryOfSquares() < 0.3,
  };
}

/** By how far less a longer sequence goes, and then one in company. */
function reductionOf(followed: number, inCompany: number): Reduction | null {
  const byLength = PROBE_TOKENS / LONG_TOKENS;
  const expected: Record<Reduction, readonly [number, number]> = {
    "sum": [1, 1],
    "sequence-sum-mean": [1, 1 / 2],
    "sequence-mean": [byLength, 1 / 2],
    "token-mean": [byLength, LONG_TOKENS / (LONG_TOKENS + OTHER_TOKENS)],
  };
  return (Object.keys(expected) as Reduction[]).find((name) =>
    isNear(followed, expected[name][0]) && isNear(inCompany, expected[name][1])
  ) ?? null;
}

/** By how far less a sequence goes when a request of three others follows. */
function accumulationOf(reduction: Reduction, inSequence: number): Accumulation | null {
  const joint: Record<Reduction, number> = {
    "sum": 1,
    "sequence-sum-mean": 1 / 4,
    "sequence-mean": 1 / 4,
    "token-mean": LONG_TOKENS / (LONG_TOKENS + 3 * OTHER_TOKENS),
  };
  if (isNear(inSequence, 1)) return "added";
  return isNear(inSequence, joint[reduction]) ? "joint" : null;
}

/** The proof of what was found: a batch is scaled as training scales it, and goes as far as it should. */
async function mixed(
  bench: ProbeBench,
  reduction: Reduction | null,
  accumulation: Accumulation | null,
): Promise<number> {
  if (!reduction || !accumulation) return NaN;
  const reducing = { reduction, accumulation };
  const halves = [[times(bench.long, 0.5), bench.other], [times(bench.longer, 0.5)]];
  return await bench.size(halves, reducing) / await bench.size([[bench.probe]], reducing);
}

/** Within 12 %: what is told apart differs by more, and a step is linear but for some per cent. */
function isNear(actual: number, expected: number): boolean {
  return Math.abs(actual / expected - 1) < 0.12;
}
