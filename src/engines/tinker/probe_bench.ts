/**
 * A throw-away model on a server, and the experiments that can be made on it.
 *
 * What a server divides losses by is told by how large the gradient of the same few probe tokens is.
 * They stand at the beginning of each sequence, and the model is causal: what follows them without an
 * advantage leaves their gradient as it is, and changes only the divisor. So all these gradients have
 * one direction, and their sizes are to one another as the divisors are.
 *
 * **The size is read** from the gradient's norm, which many servers tell of a step, taken with learning
 * rate 0. Where none is told, **the optimizer is made linear**: a step of Adam with both betas 0 is
 * `-rate * g / (|g| + epsilon)`, and with an epsilon far above any gradient that is proportional to the
 * gradient; the size is then how far the logprobs of the probe's tokens rise. The same steps tell which
 * settings of the optimizer are read. They go to and fro, so that the model stays near where it began.
 *
 * @module
 */

import { GRADIENT_LOSS, gradientData } from "./gradient_pass.ts";
import type { Datum } from "./messages.ts";
import type { Reducing } from "./reduction.ts";
import { type AdamParameters, normOf, type RemoteModel } from "./remote_model.ts";
import { unlessRefused } from "./transport.ts";

/** Tokens of the probe, of sequences that begin with it, and of one that does not. */
export const PROBE_TOKENS = 4;
export const LONG_TOKENS = 12;
export const OTHER_TOKENS = 24;

/** A sequence with the gradient that is sent for it; its logprobs are filled in then. */
export interface Probed {
  readonly ids: Int32Array;
  /** Shape of `ids`. */
  readonly gradient: Float64Array;
  /** Added to the logprobs that ratios compare with. */
  readonly shift?: number;
}

/** How a step differs from the linear one. */
export interface Changes extends Partial<Omit<AdamParameters, "learningRate">> {
  /** Learning rate, in units of the calibrated one. */
  readonly rate?: number;
}

/** The gradient of a sequence times a factor. */
export function times({ gradient, ...probed }: Probed, factor: number): Probed {
  return { ...probed, gradient: gradient.map((slope) => factor * slope) };
}

/** Advantages as they are. */
const UNSCALED: Reducing = { reduction: "sum", accumulation: "added" };

/** A step that is proportional to the gradient. */
const LINEAR: Omit<AdamParameters, "learningRate"> = {
  beta1: 0,
  beta2: 0,
  epsilon: 1e4,
  weightDecay: 0,
  maxGradientNorm: 0,
};

/** A step by the gradient's signs. */
const BY_SIGN = { epsilon: 1e-10 };

/** The mean rise of a probe token's logprob that the steps are scaled to. */
const TARGET_RISE = 0.02;
const MOST_TRIES = 12;
const FIRST_RATE = 1e-6;

/** A model and the sequences of the experiments. */
export class ProbeBench {
  readonly #model: RemoteModel;
  /** The probe's tokens alone; in `long` and `longer` others follow; `other` has no gradient. */
  readonly probe: Probed;
  readonly long: Probed;
  readonly longer: Probed;
  readonly other: Probed;
  #rate = FIRST_RATE;
  #direction = 1;
  /** Of the probe's tokens as they are now. */
  #logprobs = new Float64Array();
  #firstSum = NaN;
  #tellsNorms = false;

  /** @param vocabSize Tokens below it are ones of the model. */
  constructor(model: RemoteModel, vocabSize: number) {
    this.#model = model;
    const sequence = (length: number, salt: number): Probed => {
      const ids = Int32Array.from(
        { length: length + 1 },
        (_, i) => (i <= PROBE_TOKENS ? 3 + 5 * i : 7 + (salt + i) * (i + 2)) % vocabSize,
      );
      // The step is to raise the logprobs of the probe's tokens.
      const gradient = Float64Array.from(ids, (_, t) => t > 0 && t <= PROBE_TOKENS ? -1 : 0);
      return { ids, gradient };
    };
    this.probe = sequence(PROBE_TOKENS, 0);
    this.long = sequence(LONG_TOKENS, 1);
    this.longer = sequence(OTHER_TOKENS, 5);
    this.other = times(sequence(OTHER_TOKENS, 2), 0);
  }

  /** Largest difference between the logprobs of two forward passes, and one with gradients. */
  async passDifference(): Promise<number> {
    const first = await this.#read();
    const second = await this.#read();
    const [third] = await this.#pass(this.#unmoved());
    // What was added counts as a sequence until the next step.
    const metrics = await this.#model.optimizerStep({ ...LINEAR, learningRate: 0 });
    this.#tellsNorms = normOf(metrics) !== null;
    this.#firstSum = sum(first);
    return Math.max(largest(first, second), largest(first, third));
  }

  /** How large the gradient is that the server makes of requests, in a unit of its own. */
  async size(
    requests: readonly (readonly Probed[])[],
    reducing: Reducing = UNSCALED,
  ): Promise<number> {
    const filled = requests.map((request) => request.map((probed) => this.#filled(probed)));
    return await this.#sizeOf(gradientData(filled, reducing));
  }

  /**
   * Finds the learning rate at which a step raises the probe's logprobs by a little.
   *
   * @throws {TypeError} If none does.
   */
  async calibrate(changes: Changes = {}): Promise<void> {
    this.#rate = FIRST_RATE * (changes.epsilon ?? LINEAR.epsilon);
    const target = TARGET_RISE * PROBE_TOKENS;
    for (let tries = 1; tries <= MOST_TRIES; tries++) {
      const risen = Math.abs(await this.rise(1, changes));
      if (risen > target / 2 && risen < 2 * target) return;
      this.#rate *= Math.min(1000, Math.max(1 / 1000, target / risen));
    }
    throw new TypeError(
      `Cannot probe the server as an optimizer step must go as far as its learning rate says: none of ${MOST_TRIES} moves the model by a little`,
    );
  }

  /** Raises or lowers the probe's logprobs, in turn, by `factor` times its gradient; gives how far. */
  async rise(factor = 1, changes: Changes = {}): Promise<number> {
    const probe = this.#filled(times(this.probe, factor * this.#direction));
    return await this.#riseBy(gradientData([[probe]], UNSCALED), changes);
  }

  /** How far a step without gradient goes after one with, relative to it, if it keeps half the mean. */
  async momentum(): Promise<number> {
    const risen = await this.rise();
    const further = await this.#step(this.#unmoved(), { beta1: 0.5 });
    return -this.#direction * further / risen;
  }

  /** How far a step by signs goes after one of ten times the gradient, if the squares are remembered. */
  async memoryOfSquares(): Promise<number> {
    await this.calibrate(BY_SIGN);
    const before = await this.rise(1, BY_SIGN);
    await this.rise(10, BY_SIGN);
    return await this.rise(1, { ...BY_SIGN, beta2: 0.99 }) / before;
  }

  /** How large the gradient is where the probe's tokens have weight 0; null where weights are refused. */
  async unweighted(): Promise<number | null> {
    const [[datum]] = gradientData([[this.#filled(this.long)]], UNSCALED);
    const weights = Float32Array.from(datum.targets, (_, t) => Number(t >= PROBE_TOKENS));
    return await unlessRefused(() =>
      this.#sizeOf([[{ ...datum, floats: { ...datum.floats, weights } }]])
    );
  }

  /** Whether a gradient that is to raise the probe's logprobs raises them, and a rate of 0 does not. */
  async obeys(): Promise<boolean> {
    const chunks = gradientData([[this.#filled(this.probe)]], UNSCALED);
    const still = await this.#step(chunks, { rate: 0 });
    return Math.abs(still) < TARGET_RISE / 10 && await this.#step(chunks, {}) > 0;
  }

  /** What is left of a displacement when all weights are halved. */
  async decayed(): Promise<number> {
    const displacement = () => sum(this.#logprobs) - this.#firstSum;
    await this.#step(gradientData([[this.#filled(this.probe)]], UNSCALED), { rate: 10 });
    const before = displacement();
    await this.#step(this.#unmoved(), { rate: 0.5 / this.#rate, weightDecay: 1 });
    return displacement() / before;
  }

  /** Which losses a forward pass may name. */
  async losses(names: readonly string[]): Promise<string[]> {
    const found: string[] = [];
    const [[datum]] = gradientData([[this.#filled(this.probe)]], UNSCALED);
    const weights = new Float32Array(PROBE_TOKENS).fill(1);
    for (const loss of names) {
      const floats = loss === "cross_entropy" ? { weights } : datum.floats;
      const chunks = [[{ ...datum, floats }]];
      const output = await unlessRefused(() =>
        this.#model.passes(chunks, { loss, isForwardOnly: true })
      );
      if (output) found.push(loss);
    }
    return found;
  }

  /** What sampling gives: whether seeds repeat it, the stop token is told, and passes agree. */
  async sampling() {
    const sampler = await this.#model.sampler();
    const prompt = [...this.probe.ids];
    const ask = (seed: number, stopTokens: readonly number[] = []) =>
      sampler.sample({ prompt, maxTokens: 8, temperature: 1, seed, stopTokens });
    const [first, again, other, another] = await Promise.all([1, 1, 2, 3].map((seed) => ask(seed)));
    const stopped = await ask(1, [first.tokens[0]]);
    const [logprobs] = await this.#model.logprobs([
      Int32Array.from([...prompt, ...first.tokens]),
    ]);
    const said = [other, another].map(({ tokens }) => String(tokens));
    return {
      samplingDifference: largest(first.logprobs, logprobs.slice(prompt.length - 1)),
      repeatsSeeds: String(first.tokens) === String(again.tokens) &&
        said.some((tokens) => tokens !== String(first.tokens)),
      givesStopToken: String(stopped.tokens) === String(first.tokens.slice(0, 1)) &&
        stopped.stopReason === "stop",
    };
  }

  async #sizeOf(chunks: readonly (readonly Datum[])[]): Promise<number> {
    if (!this.#tellsNorms) return await this.#riseBy(this.#directed(chunks), {});
    await this.#pass(chunks);
    const metrics = await this.#model.optimizerStep({ ...LINEAR, learningRate: 0 });
    return normOf(metrics) ?? NaN;
  }

  async #riseBy(chunks: readonly (readonly Datum[])[], changes: Changes): Promise<number> {
    const direction = this.#direction;
    this.#direction = -direction;
    return direction * await this.#step(chunks, changes);
  }

  /** With advantages in the direction whose turn it is. */
  #directed(chunks: readonly (readonly Datum[])[]): Datum[][] {
    return chunks.map((chunk) =>
      chunk.map(({ floats, ...datum }) => {
        const advantages = floats.advantages.map((advantage) => advantage * this.#direction);
        return { ...datum, floats: { ...floats, advantages } };
      })
    );
  }

  /** How far the sum of the probe's logprobs rises. */
  async #step(
    chunks: readonly (readonly Datum[])[],
    { rate = 1, ...changes }: Changes,
  ): Promise<number> {
    const before = sum(this.#logprobs);
    await this.#pass(chunks);
    await this.#model.optimizerStep({ ...LINEAR, ...changes, learningRate: rate * this.#rate });
    return sum(await this.#read()) - before;
  }

  async #pass(chunks: readonly (readonly Datum[])[]) {
    return await this.#model.passes(chunks, { loss: GRADIENT_LOSS, isForwardOnly: false });
  }

  async #read(): Promise<Float64Array> {
    const [logprobs] = await this.#model.logprobs([this.probe.ids]);
    return this.#logprobs = Float64Array.from(logprobs);
  }

  #unmoved(): Datum[][] {
    return gradientData([[this.#filled(times(this.probe, 0))]], UNSCALED);
  }

  /** With the logprobs of the probe's tokens; those of the others do not count, as they have no advantage. */
  #filled({ ids, gradient, shift = 0 }: Probed) {
    const logprobs = new Float64Array(ids.length);
    logprobs.set(this.#logprobs.map((logprob) => logprob + shift), 1);
    return { ids, gradient, logprobs };
  }
}

const sum = (values: ArrayLike<number>) => Array.from(values).reduce((total, x) => total + x, 0);

function largest(some: ArrayLike<number>, others: ArrayLike<number>): number {
  return Math.max(...Array.from(some, (value, t) => Math.abs(value - others[t])));
}
