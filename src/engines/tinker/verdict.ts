/**
 * What a server's findings mean for training: a table for people, and what is refused.
 *
 * @module
 */

import type { Findings } from "./probe.ts";
import { type ProfileName, PROFILES } from "./profile.ts";
import type { Reducing } from "./reduction.ts";

/** One question that the probe answers. */
export interface Finding {
  readonly question: string;
  readonly found: string;
  readonly meaning: string;
  /** Whether nothing can be trained rightly on such a server. */
  readonly isRefusal: boolean;
}

/** What is to be told before training, as it may be less than what was hoped for. */
export function warningsOf(
  { samplingDifference, repeatsSeeds, givesStopToken }: Findings,
): string[] {
  return [
    ...samplingDifference <= SAMPLING_TOLERANCE ? [] : [
      `samples have other logprobs than passes, by up to ${
        shown(samplingDifference)
      }: --logprobs recomputed is exact`,
    ],
    ...repeatsSeeds ? [] : ["the server's samples do not repeat, so this run cannot be repeated"],
    ...givesStopToken ? [] : ["the token that ends a message is not learned, as it is not told"],
  ];
}

/** Logprobs by which a server's own passes may differ: more is noise, such as that of dropout. */
const PASS_TOLERANCE = 0.02;

/** Beyond this, the ratio of a sampled token is no longer near 1. */
const SAMPLING_TOLERANCE = 0.05;

const MIXED_TOLERANCE = 0.1;

/**
 * The probe's table.
 *
 * @returns A row for each question, in the order in which training depends on them.
 */
export function findingRows(findings: Findings): Finding[] {
  const { reduction, accumulation, readsWeights, readsWeightDecay, losses } = findings;
  const row = (
    question: string,
    found: string | boolean | null,
    meaning: string,
    isRight = true,
  ) => ({
    question,
    found: typeof found === "string" ? found : found === null ? "not tried" : found ? "yes" : "no",
    meaning,
    isRefusal: !isRight,
  });
  const needed = (question: string, isRight: boolean, meaning: string) =>
    row(question, isRight, isRight ? meaning : `refused: ${meaning} needs it`, isRight);
  const passes = findings.passDifference <= PASS_TOLERANCE;
  const samples = findings.samplingDifference <= SAMPLING_TOLERANCE;
  const isMixedRight = Math.abs(findings.mixedResponse - 1) <= MIXED_TOLERANCE;
  return [
    row("how are passes written?", findings.wire, "requests are written so"),
    row(
      "which losses are there?",
      losses === null ? null : losses.join(", "),
      "importance_sampling carries any gradient; the others are not needed",
    ),
    row(
      "do passes agree?",
      `within ${shown(findings.passDifference)}`,
      passes ? "the model is steady" : "refused: gradients would be noise (dropout?)",
      passes,
    ),
    needed("do the logprobs sent make a ratio?", findings.hasRatio, "the gradient's pass"),
    row(
      "what are losses divided by?",
      reduction ?? "cannot be told",
      reduction
        ? "advantages are multiplied with it"
        : "refused: gradients would be scaled wrongly",
      reduction !== null,
    ),
    row(
      "what are several requests?",
      accumulation ?? "cannot be told",
      accumulation === "joint"
        ? "one batch, divided as a whole"
        : accumulation === "added"
        ? "each divided by itself, then added"
        : "refused: a batch could not be sent in chunks",
      accumulation !== null,
    ),
    row(
      "does a mixed batch move as it should?",
      `${shown(findings.mixedResponse)} of it`,
      isMixedRight ? "gradients are those wanted" : "refused: the above is not the whole truth",
      isMixedRight,
    ),
    row(
      "do weights of tokens count?",
      readsWeights === null ? "refused by the server" : readsWeights,
      "none are sent with ratios",
    ),
    needed("is the learning rate read?", findings.readsLearningRate, "the schedule"),
    row("is epsilon read?", findings.readsEpsilon, constants(findings.readsEpsilon)),
    row("is beta1 read?", findings.readsBeta1, constants(findings.readsBeta1)),
    row("is beta2 read?", findings.readsBeta2, constants(findings.readsBeta2)),
    row(
      "is weight decay read?",
      readsWeightDecay,
      readsWeightDecay === false ? "give --weight-decay 0" : "as --weight-decay says",
    ),
    row(
      "are long gradients cut?",
      findings.clipsGradients,
      findings.clipsGradients ? "as --max-gradient-norm says" : "give --max-gradient-norm 0",
    ),
    row(
      "do samples have the logprobs of passes?",
      `within ${shown(findings.samplingDifference)}`,
      samples ? "--logprobs sampled is exact" : "give --logprobs recomputed",
    ),
    row(
      "do seeds repeat samples?",
      findings.repeatsSeeds,
      findings.repeatsSeeds ? "a run can be repeated" : "no run can be repeated",
    ),
    row(
      "is the token that ends a message told?",
      findings.givesStopToken,
      findings.givesStopToken
        ? "it is learned as the others"
        : "it is not learned: messages may grow long",
    ),
  ];
}

function constants(isRead: boolean): string {
  return isRead
    ? "AdamW is as the options say"
    : "give --adam server: AdamW is as the server has it";
}

/** What a training run asks of a server. */
export interface Demands {
  readonly profile: ProfileName | "auto";
  /** Whose constants of AdamW are used. */
  readonly adam: "sent" | "server";
  readonly maxGradientNorm: number;
  readonly weightDecay: number;
}

/**
 * How the server reduces, where it can be trained on as asked.
 *
 * @throws {RangeError} Naming all that it cannot do rightly.
 */
export function checkedReducing(
  findings: Findings,
  { profile, ...demands }: Demands,
): Reducing {
  const { reduction, accumulation } = findings;
  const refusals = findingRows(findings)
    .filter(({ isRefusal }) => isRefusal)
    .map(({ question, found, meaning }) => `${question} ${found} (${meaning})`);
  if (demands.adam === "sent") refusals.push(...lackingSettings(findings, demands));
  if (profile !== "auto") refusals.push(...differences(findings, profile));
  if (refusals.length === 0 && reduction && accumulation) return { reduction, accumulation };
  throw new RangeError(
    ["Cannot train on this server as its updates must be those asked for:", ...refusals].join(
      "\n  ",
    ),
  );
}

/** What is asked for of the optimizer and not read. */
function lackingSettings(
  findings: Findings,
  { maxGradientNorm, weightDecay }: Omit<Demands, "profile">,
): string[] {
  const { readsEpsilon, readsBeta1, readsBeta2, readsWeightDecay, clipsGradients } = findings;
  const lacking: string[] = [];
  if (!(readsEpsilon && readsBeta1 && readsBeta2)) {
    lacking.push("its AdamW has constants of its own: give --adam server to train by these");
  }
  if (maxGradientNorm > 0 && !clipsGradients) {
    lacking.push("it does not scale long gradients down: give --max-gradient-norm 0");
  }
  if (weightDecay > 0 && !readsWeightDecay) {
    lacking.push("it has no weight decay: give --weight-decay 0");
  }
  return lacking;
}

/** Where a server is not what its profile says. */
function differences(findings: Findings, name: ProfileName): string[] {
  const profile = PROFILES[name];
  const fields = ["wire", "reduction", "accumulation", "clipsGradients"] as const;
  return fields.filter((field) => {
    // The sum over requests is the same either way.
    if (field === "accumulation" && profile.reduction === "sum") return false;
    return findings[field] !== profile[field];
  }).map((field) => `it is no ${name}: ${field} is ${findings[field]}, not ${profile[field]}`);
}

/** Three digits. */
function shown(value: number): string {
  return Number.isFinite(value) ? Number(value.toPrecision(3)).toString() : "not known";
}
