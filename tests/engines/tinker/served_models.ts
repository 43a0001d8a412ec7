/**
 * Small real models behind the scripted Tinker server.
 *
 * @module
 */

import type { Surrogate } from "../../../src/algorithms/algorithm.ts";
import type { Engine, EngineState } from "../../../src/engines/engine.ts";
import { batchOf } from "../engine_fixtures.ts";

/** Settings of one optimizer step, under the names of the API. */
export interface AdamParams {
  readonly learning_rate: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly eps: number;
  readonly weight_decay: number;
  readonly grad_clip_norm: number;
}

/** A sequence with dLoss/dlogprob of all tokens but the first, shape (L - 1,). */
export interface Piece {
  readonly ids: Int32Array;
  readonly gradient: Float64Array;
}

/** What can be served. */
export interface ServedModel extends AsyncDisposable {
  readonly vocabSize: number;
  /** Of all tokens but the first, shape (L - 1,) each. */
  logprobs(sequences: readonly Int32Array[]): Promise<Float64Array[]>;
  /** Logprobs of every token after `ids`, shape (V,). */
  next(ids: readonly number[]): Promise<readonly number[]>;
  /** One optimizer step; gives the gradient's norm. */
  step(pieces: readonly Piece[], adam: AdamParams): Promise<number>;
  save(): Promise<unknown>;
  load(state: unknown): Promise<void>;
}

/** A table of the logits of each token after each other one, and what is learned in addition, with AdamW. */
export class TableModel implements ServedModel {
  readonly vocabSize: number;
  readonly #base: Float64Array;
  #learned: Float64Array;
  #mean: Float64Array;
  #square: Float64Array;
  #steps = 0;

  /** @param logits Shape (V, V). */
  constructor(logits: Float64Array) {
    this.vocabSize = Math.sqrt(logits.length);
    this.#base = logits;
    this.#learned = new Float64Array(logits.length);
    this.#mean = new Float64Array(logits.length);
    this.#square = new Float64Array(logits.length);
  }

  logprobs(sequences: readonly Int32Array[]): Promise<Float64Array[]> {
    return Promise.resolve(
      sequences.map((ids) =>
        Float64Array.from(ids.subarray(1), (id, t) => Math.log(this.#chances(ids[t])[id]))
      ),
    );
  }

  next(ids: readonly number[]): Promise<readonly number[]> {
    return Promise.resolve([...this.#chances(ids.at(-1)!)].map(Math.log));
  }

  step(pieces: readonly Piece[], adam: AdamParams): Promise<number> {
    const gradient = this.#gradient(pieces);
    const norm = Math.sqrt(gradient.reduce((sum, g) => sum + g * g, 0));
    const { grad_clip_norm: limit, learning_rate: rate, beta1, beta2, eps, weight_decay } = adam;
    const scale = limit > 0 && norm > limit ? limit / norm : 1;
    this.#steps++;
    const [unbias, unbiasSquare] = [beta1, beta2].map((beta) => 1 / (1 - beta ** this.#steps));
    gradient.forEach((slope, i) => {
      const g = scale * slope;
      const mean = this.#mean[i] = beta1 * this.#mean[i] + (1 - beta1) * g;
      const square = this.#square[i] = beta2 * this.#square[i] + (1 - beta2) * g * g;
      const change = mean * unbias / (Math.sqrt(square * unbiasSquare) + eps);
      this.#learned[i] -= rate * (change + weight_decay * this.#learned[i]);
    });
    return Promise.resolve(norm);
  }

  save(): Promise<unknown> {
    const [learned, mean, square, steps] = [this.#learned, this.#mean, this.#square, this.#steps];
    return Promise.resolve(structuredClone({ learned, mean, square, steps }));
  }

  load(state: unknown): Promise<void> {
    const { learned, mean, square, steps } = structuredClone(state) as TableState;
    [this.#learned, this.#mean, this.#square, this.#steps] = [learned, mean, square, steps];
    return Promise.resolve();
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  #gradient(pieces: readonly Piece[]): Float64Array {
    const total = new Float64Array(this.#base.length);
    for (const { ids, gradient } of pieces) {
      gradient.forEach((slope, t) => {
        const row = ids[t] * this.vocabSize;
        this.#chances(ids[t]).forEach((chance, next) => total[row + next] -= slope * chance);
        total[row + ids[t + 1]] += slope;
      });
    }
    return total;
  }

  #chances(id: number): Float64Array {
    const [start, end] = [id * this.vocabSize, (id + 1) * this.vocabSize];
    const logits = this.#base.subarray(start, end).map((logit, n) =>
      logit + this.#learned[start + n]
    );
    const highest = Math.max(...logits);
    const weights = logits.map((logit) => Math.exp(logit - highest));
    const total = weights.reduce((sum, weight) => sum + weight);
    return weights.map((weight) => weight / total);
  }
}

interface TableState {
  readonly learned: Float64Array;
  readonly mean: Float64Array;
  readonly square: Float64Array;
  readonly steps: number;
}

/** One of our own engines. Its optimizer's constants are its own, so the server's must be the same. */
export class EngineModel implements ServedModel {
  readonly #engine: Engine;

  constructor(engine: Engine, readonly vocabSize: number) {
    this.#engine = engine;
  }

  async logprobs(sequences: readonly Int32Array[]): Promise<Float64Array[]> {
    const batch = endToEnd(sequences);
    const logprobs = await this.#engine.logprobs(batch);
    return sequences.map((_, n) => logprobs.slice(batch.offsets[n] + 1, batch.offsets[n + 1]));
  }

  async next(ids: readonly number[]): Promise<readonly number[]> {
    const every = Array.from(
      { length: this.vocabSize },
      (_, next) => Int32Array.from([...ids, next]),
    );
    return (await this.logprobs(every)).map((logprobs) => logprobs.at(-1)!);
  }

  async step(pieces: readonly Piece[], { learning_rate }: AdamParams): Promise<number> {
    const batch = endToEnd(
      pieces.length > 0 ? pieces.map(({ ids }) => ids) : [Int32Array.of(0, 0)],
    );
    const gradient = new Float64Array(batch.ids.length);
    pieces.forEach((piece, n) => gradient.set(piece.gradient, batch.offsets[n] + 1));
    const surrogate: Surrogate = () => ({ loss: 0, gradient, metrics: {} });
    return (await this.#engine.update(batch, surrogate, learning_rate)).gradientNorm;
  }

  save(): Promise<unknown> {
    return this.#engine.state();
  }

  load(state: unknown): Promise<void> {
    return this.#engine.restore(state as EngineState);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#engine[Symbol.asyncDispose]();
  }
}

function endToEnd(sequences: readonly Int32Array[]) {
  const ids = sequences.flatMap((sequence) => [...sequence]);
  return batchOf(sequences.map(({ length }) => length), ids, () => 1);
}
