/**
 * How small a difference a comparison can find, and how many questions and seeds it takes.
 *
 * @module
 */

import type { Interval } from "./interval.ts";
import { normalQuantile, solved, studentQuantile } from "./quantiles.ts";

/** What errors a comparison may make. */
export interface PowerOptions {
  /** Probability of finding a difference where there is none, two-sided. */
  readonly alpha?: number;
  /** Probability of finding the difference that there is, at least 0.5. */
  readonly power?: number;
}

/**
 * The smallest difference of two shares of the same questions that is found with the wanted power, by
 * the normal approximation of McNemar's test (O. S. Miettinen 1968, "The matched pairs design in the case
 * of all-or-none responses", Biometrics 24:339; R. J. Connor 1987, "Sample size for testing differences in
 * proportions for the paired-sample design", Biometrics 43:207).
 *
 * @example Mini-dev with systems that differ on a tenth of the questions: 4 points of EX
 * ```ts
 * import assert from "node:assert/strict";
 * import { minimumDetectableEffect } from "./power.ts";
 *
 * assert.equal(minimumDetectableEffect(500, 0.1)!.toFixed(3), "0.040");
 * ```
 *
 * @param n Questions.
 * @param discordance Share of the questions that one system answers right and the other does not.
 * @returns The difference, in (0, `discordance`]; null where even one that large would not be found.
 * @throws {RangeError} If `n` is not positive, `discordance` not in (0, 1], or an option out of range.
 */
export function minimumDetectableEffect(
  n: number,
  discordance: number,
  options: PowerOptions = {},
): number | null {
  const [ofAlpha, ofPower] = normalPoints(options);
  checkPositive("n", n);
  checkDiscordance(discordance);
  // Rises with the effect, since a larger one leaves less variance.
  const excess = (effect: number) =>
    effect * Math.sqrt(n) - ofAlpha * Math.sqrt(discordance) -
    ofPower * Math.sqrt(discordance - effect ** 2);
  return excess(discordance) < 0 ? null : solved(excess, 0, 0, discordance);
}

/**
 * The smallest difference that a comparison finds with 80% power, if the next interval is as wide as
 * this one: 1.96 + 0.84 standard errors, of which a 95% interval spans twice 1.96 (normal approximation).
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { detectableDifference } from "./power.ts";
 *
 * assert.equal(detectableDifference({ low: -0.0196, high: 0.0196 }).toFixed(3), "0.028");
 * ```
 */
export function detectableDifference({ low, high }: Interval): number {
  const [ofAlpha, ofPower] = normalPoints({});
  return (ofAlpha + ofPower) * (high - low) / (2 * ofAlpha);
}

/**
 * How many questions find a difference of two shares, by the same approximation as
 * {@linkcode minimumDetectableEffect}.
 *
 * @example Three points of EX where the systems differ on a tenth of the questions
 * ```ts
 * import assert from "node:assert/strict";
 * import { questionsNeeded } from "./power.ts";
 *
 * assert.equal(questionsNeeded(0.03, 0.1), 870);
 * ```
 *
 * @param effect Difference of the shares; its sign does not matter.
 * @param discordance Share of the questions on which the systems differ.
 * @throws {RangeError} If `effect` is 0 or larger than `discordance`, which is not in (0, 1], or an
 * option out of range.
 */
export function questionsNeeded(
  effect: number,
  discordance: number,
  options: PowerOptions = {},
): number {
  const [ofAlpha, ofPower] = normalPoints(options);
  const size = Math.abs(effect);
  checkPositive("effect", size);
  checkDiscordance(discordance);
  if (size > discordance) {
    throw new RangeError(
      `Cannot count questions as the effect must be at most the discordance: ` +
        `current values are ${size} and ${discordance}`,
    );
  }
  const sum = ofAlpha * Math.sqrt(discordance) + ofPower * Math.sqrt(discordance - size ** 2);
  return Math.ceil((sum / size) ** 2);
}

/**
 * How many seeds find a difference between runs by a t test: the fewest for which the effect, in
 * standard errors, is the sum of Student's points for alpha and power. That takes Student's
 * distribution, moved, for the noncentral one (J. Neyman and B. Tokarska 1936, "Errors of the second kind in
 * testing Student's hypothesis", JASA 31:318, tabulate the latter).
 *
 * @example Three points of EX, where differences between runs have a deviation of 2
 * ```ts
 * import assert from "node:assert/strict";
 * import { seedsNeeded } from "./power.ts";
 *
 * assert.equal(seedsNeeded(3, 2), 6);
 * ```
 *
 * @param effect Difference to find; its sign does not matter.
 * @param sd Standard deviation over seeds of one system's value less the other's, in the effect's unit.
 * @returns Seeds of each system, at least 2.
 * @throws {RangeError} If `effect` is 0, `sd` is not positive, or an option out of range.
 */
export function seedsNeeded(
  effect: number,
  sd: number,
  { alpha = 0.05, power = 0.8 }: PowerOptions = {},
): number {
  const size = Math.abs(effect);
  checkPositive("effect", size);
  checkPositive("sd", sd);
  const [ofAlpha, ofPower] = normalPoints({ alpha, power });
  // Student's points are further out than the normal's, so fewer seeds than this never do. From a
  // thousand on that is a matter of two or three seeds, and of much time.
  let seeds = Math.max(2, Math.ceil(((ofAlpha + ofPower) * sd / size) ** 2));
  const isEnough = () => {
    const points = studentQuantile(1 - alpha / 2, seeds - 1) + studentQuantile(power, seeds - 1);
    return points * sd / Math.sqrt(seeds) <= size;
  };
  while (seeds < 1000 && !isEnough()) seeds++;
  return seeds;
}

/** Upper points of the standard normal for the two errors. */
function normalPoints({ alpha = 0.05, power = 0.8 }: PowerOptions): [number, number] {
  if (!(alpha > 0 && alpha < 1) || !(power >= 0.5 && power < 1)) {
    throw new RangeError(
      `Cannot plan a comparison as alpha must be in (0, 1) and power in [0.5, 1): ` +
        `current values are ${alpha} and ${power}`,
    );
  }
  return [normalQuantile(1 - alpha / 2), normalQuantile(power)];
}

function checkPositive(name: string, value: number): void {
  if (value > 0 && value < Infinity) return;
  throw new RangeError(
    `Cannot plan a comparison as '${name}' must be positive: current value is ${value}`,
  );
}

function checkDiscordance(discordance: number): void {
  if (discordance > 0 && discordance <= 1) return;
  throw new RangeError(
    `Cannot plan a comparison as 'discordance' must be in (0, 1]: current value is ${discordance}`,
  );
}
