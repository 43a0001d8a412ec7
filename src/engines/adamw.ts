/**
 * AdamW (Loshchilov and Hutter, 2019) on arrays in place: decay is decoupled from the gradient.
 *
 * @module
 */

import type { NamedTensors } from "../models/weights.ts";

/** The optimizer's constants. */
export interface AdamOptions {
  /** Decay of the running mean of gradients. */
  readonly beta1: number;
  /** Decay of the running mean of squared gradients. */
  readonly beta2: number;
  readonly epsilon: number;
  /** Share of a weight, times the learning rate, taken away at each step; vectors (norms) are spared. */
  readonly weightDecay: number;
}

/** Gradients by the name of their weight. */
export type Gradients = ReadonlyMap<string, Float32Array>;

/** Optimizer of named weights, with its moments. */
export class AdamW {
  readonly #weights: NamedTensors;
  readonly #options: AdamOptions;
  /** Running means under `adam.m.*`, of squares under `adam.v.*`, with the weights' shapes. */
  readonly moments: NamedTensors;
  /** Steps made so far. */
  steps = 0;

  constructor(weights: NamedTensors, options: AdamOptions) {
    this.#weights = weights;
    this.#options = options;
    this.moments = new Map(
      ["m", "v"].flatMap((moment) =>
        Array.from(
          weights,
          ([name, { shape, data }]) =>
            [`adam.${moment}.${name}`, { shape, data: new Float32Array(data.length) }] as const,
        )
      ),
    );
  }

  /** Changes every weight by its gradient times `scale`. */
  step(gradients: Gradients, learningRate: number, scale: number): void {
    this.steps++;
    for (const [name, { shape, data }] of this.#weights) {
      const decay = shape.length > 1 ? this.#options.weightDecay : 0;
      this.#change(data, gradients.get(name)!, {
        m: this.moments.get(`adam.m.${name}`)!.data,
        v: this.moments.get(`adam.v.${name}`)!.data,
        keep: 1 - learningRate * decay,
        learningRate,
        scale,
      });
    }
  }

  #change(
    weight: Float32Array,
    gradient: Float32Array,
    { m, v, keep, learningRate, scale }: {
      m: Float32Array;
      v: Float32Array;
      keep: number;
      learningRate: number;
      scale: number;
    },
  ): void {
    const { beta1, beta2, epsilon } = this.#options;
    const rate = learningRate / (1 - beta1 ** this.steps);
    const unbias = 1 / (1 - beta2 ** this.steps);
    for (let i = 0; i < weight.length; i++) {
      const g = gradient[i] * scale;
      const mean = m[i] = beta1 * m[i] + (1 - beta1) * g;
      const square = v[i] = beta2 * v[i] + (1 - beta2) * g * g;
      weight[i] = weight[i] * keep - rate * mean / (Math.sqrt(square * unbias) + epsilon);
    }
  }
}

/** L2 norm of all gradients together; not finite when any element is not. */
export function gradientNorm(gradients: Gradients): number {
  let squares = 0;
  for (const gradient of gradients.values()) {
    for (let i = 0; i < gradient.length; i++) squares += gradient[i] * gradient[i];
  }
  return Math.sqrt(squares);
}
