/**
 * Two engines that learn the same: one acts, both learn from what it sampled, and each update of the
 * one is compared with that of the other.
 *
 * @module
 */

import type { Surrogate } from "../../src/algorithms/algorithm.ts";
import type { Engine, EngineState, Learned, UpdateReport } from "../../src/engines/engine.ts";
import type { NamedTensors } from "../../src/models/weights.ts";
import type { Policy, Sampling } from "../../src/policies/policy.ts";
import type { Batch } from "../../src/trajectory/batch.ts";

/** One number of each engine. */
export interface Pair {
  readonly server: number;
  readonly embedded: number;
}

/** An update of both engines. */
export interface Comparison {
  readonly loss: Pair;
  readonly gradientNorm: Pair;
  /** Largest difference of a sampled token's logprob, between the two, and to that when sampled. */
  readonly logprobs: { readonly between: number; readonly toSampled: number };
  /** Of what the update changed: cosine, and the norm of the difference over that of the change. */
  readonly change: { readonly cosine: number; readonly difference: number };
  /** Of what was learned since the beginning, likewise. */
  readonly learned: { readonly cosine: number; readonly difference: number };
}

/** An engine on a server, and one in this process that follows it. */
export class SideBySide implements Engine {
  readonly name = "side by side";
  readonly comparisons: Comparison[] = [];
  readonly #server: Engine;
  readonly #embedded: Engine;
  readonly #start: NamedTensors;
  #last: { readonly server: NamedTensors; readonly embedded: NamedTensors };

  private constructor(server: Engine, embedded: Engine, start: NamedTensors) {
    this.#server = server;
    this.#embedded = embedded;
    this.#start = start;
    this.#last = { server: start, embedded: start };
  }

  /**
   * @param makeFollower Makes the engine in this process, with the adapters that the server's begins
   * with.
   */
  static async create(
    server: Engine,
    makeFollower: (adapters: Learned) => Promise<Engine>,
  ): Promise<SideBySide> {
    const start = await server.learned();
    return new SideBySide(server, await makeFollower(copied(start)), start.weights);
  }

  async logprobs(batch: Pick<Batch, "ids" | "offsets">): Promise<Float64Array> {
    return await this.#server.logprobs(batch);
  }

  async update(
    batch: Batch,
    surrogate: Surrogate,
    learningRate: number,
    logprobs?: "recomputed" | "sampled",
  ): Promise<UpdateReport> {
    const engines = { server: this.#server, embedded: this.#embedded };
    const scored = {
      server: await this.#server.logprobs(batch),
      embedded: await this.#embedded.logprobs(batch),
    };
    const reports = {
      server: await engines.server.update(batch, surrogate, learningRate, logprobs),
      embedded: await engines.embedded.update(batch, surrogate, learningRate, logprobs),
    };
    const now = {
      server: copied(await engines.server.learned()).weights,
      embedded: copied(await engines.embedded.learned()).weights,
    };
    const pair = (of: (report: UpdateReport) => number) => ({
      server: of(reports.server),
      embedded: of(reports.embedded),
    });
    const sampled = [...batch.actionMask.keys()].filter((token) => batch.actionMask[token] === 1);
    this.comparisons.push({
      loss: pair(({ loss }) => loss),
      gradientNorm: pair(({ gradientNorm }) => gradientNorm),
      logprobs: {
        between: largestDifference(scored.server, scored.embedded, sampled),
        toSampled: largestDifference(scored.server, batch.sampledLogprobs, sampled),
      },
      change: agreement(
        differenceOf(now.server, this.#last.server),
        differenceOf(now.embedded, this.#last.embedded),
      ),
      learned: agreement(
        differenceOf(now.server, this.#start),
        differenceOf(now.embedded, this.#start),
      ),
    });
    this.#last = now;
    return reports.server;
  }

  policy(sampling: Sampling): Policy {
    return this.#server.policy(sampling);
  }

  async state(): Promise<EngineState> {
    return await this.#server.state();
  }

  async restore(state: EngineState): Promise<void> {
    await this.#server.restore(state);
  }

  async learned(): Promise<Learned> {
    return await this.#server.learned();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server[Symbol.asyncDispose]();
    await this.#embedded[Symbol.asyncDispose]();
  }
}

function copied({ shape, weights }: Learned): Learned {
  const tensors = Array.from(
    weights,
    ([name, { shape, data }]) => [name, { shape, data: data.slice() }] as const,
  );
  return { shape, weights: new Map(tensors) };
}

function largestDifference(
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  tokens: ArrayLike<number>,
): number {
  let largest = 0;
  for (let n = 0; n < tokens.length; n++) {
    largest = Math.max(largest, Math.abs(a[tokens[n]] - b[tokens[n]]));
  }
  return largest;
}

/** All numbers of `now - before`, in the order of their names. */
function differenceOf(now: NamedTensors, before: NamedTensors): Float64Array {
  const parts = [...now.keys()].sort().map((name) => {
    const [a, b] = [now.get(name)!.data, before.get(name)!.data];
    return Float64Array.from(a, (value, i) => value - b[i]);
  });
  return Float64Array.from(parts.flatMap((part) => [...part]));
}

/**
 * How two vectors agree: their cosine, and the norm of their difference over that of the first. Vectors
 * that are both 0, as after a step without a gradient, agree.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { agreement } from "./side_by_side.ts";
 *
 * const agreed = agreement(Float64Array.of(3, 4), Float64Array.of(6, 8));
 * assert.deepEqual(agreed, { cosine: 1, difference: 1 });
 * ```
 */
export function agreement(
  a: Float64Array,
  b: Float64Array,
): { readonly cosine: number; readonly difference: number } {
  const dot = (x: Float64Array, y: Float64Array) =>
    x.reduce((sum, value, i) => sum + value * y[i], 0);
  const difference = a.map((value, i) => value - b[i]);
  const norm = Math.sqrt(dot(a, a));
  if (norm === 0 && dot(b, b) === 0) return { cosine: 1, difference: 0 };
  return {
    cosine: dot(a, b) / (norm * Math.sqrt(dot(b, b))),
    difference: Math.sqrt(dot(difference, difference)) / norm,
  };
}
