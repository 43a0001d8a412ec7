/**
 * Low-rank adapters (Hu et al., 2021, arXiv 2106.09685): beside a matrix `W` that stays as it is,
 * `scale * B · A` of two thin ones is learned. Names are those of the PEFT library.
 *
 * @module
 */

import { Rng } from "../config/rng.ts";
import type { ModelConfig } from "./config.ts";
import { elementCount, type NamedTensors, weightShapes } from "./weights.ts";

/** Which matrices get adapters, and how large these are. */
export interface Lora {
  /** Rows of `A` and columns of `B`. */
  readonly rank: number;
  /** The product counts `alpha / rank` times. */
  readonly alpha: number;
  /** Last parts of the names of linear layers, such as `q_proj`. */
  readonly targets: readonly string[];
}

/** The linear layers that can have an adapter. */
export const LORA_TARGETS = [
  "q_proj",
  "k_proj",
  "v_proj",
  "o_proj",
  "gate_proj",
  "up_proj",
  "down_proj",
] as const;

/** Names of the adapter of a linear layer, given as `model.layers.0.self_attn.q_proj`. */
export function adapterNames(module: string): { readonly a: string; readonly b: string } {
  return {
    a: `base_model.model.${module}.lora_A.weight`,
    b: `base_model.model.${module}.lora_B.weight`,
  };
}

/** How often the product of an adapter counts. */
export function adapterScale({ alpha, rank }: Lora): number {
  return alpha / rank;
}

/** The linear layers that have adapters, with their matrices' shapes (out, in). */
function adaptedModules(config: ModelConfig, { targets }: Lora): [string, readonly number[]][] {
  return [...weightShapes(config)]
    .filter(([name]) => targets.some((target) => name.endsWith(`.${target}.weight`)))
    .map(([name, shape]) => [name.slice(0, -".weight".length), shape]);
}

/**
 * Shapes of all adapters' matrices: `A` (rank, in), `B` (out, rank).
 *
 * @throws {RangeError} If a target is not a linear layer of the network.
 */
export function adapterShapes(
  config: ModelConfig,
  lora: Lora,
): ReadonlyMap<string, readonly number[]> {
  const unknown = lora.targets.find((target) =>
    !(LORA_TARGETS as readonly string[]).includes(target)
  );
  if (unknown !== undefined || lora.targets.length === 0) {
    throw new RangeError(
      `Cannot adapt layers as targets must be among ${LORA_TARGETS.join(", ")}: ${
        unknown === undefined ? "none is given" : `"${unknown}" is not`
      }`,
    );
  }
  return new Map(
    adaptedModules(config, lora).flatMap(([module, [rows, columns]]) => {
      const { a, b } = adapterNames(module);
      return [[a, [lora.rank, columns]], [b, [rows, lora.rank]]] as const;
    }),
  );
}

/** Adapters to begin with, as PEFT has them: `A` uniform in ±1/√in, `B` zero, so that nothing changes yet. */
export function initialAdapters(config: ModelConfig, lora: Lora, seed: number): NamedTensors {
  return new Map(
    Array.from(adapterShapes(config, lora), ([name, shape]) => {
      const data = new Float32Array(elementCount(shape));
      if (name.endsWith("lora_A.weight")) {
        const rng = new Rng(seed, "adapter", name);
        const bound = 1 / Math.sqrt(shape[1]);
        for (let i = 0; i < data.length; i++) data[i] = bound * (2 * rng.uniform() - 1);
      }
      return [name, { shape, data }];
    }),
  );
}

/**
 * The weights with the adapters' products added, for loaders that know nothing of adapters. Matrices
 * without an adapter are shared with `weights`, not copied.
 *
 * @param adapters Under the names of `adapterShapes`.
 */
export function mergedWeights(
  config: ModelConfig,
  lora: Lora,
  { weights, adapters }: { readonly weights: NamedTensors; readonly adapters: NamedTensors },
): NamedTensors {
  const merged = new Map(weights);
  for (const [module, shape] of adaptedModules(config, lora)) {
    const { a, b } = adapterNames(module);
    const data = weights.get(`${module}.weight`)!.data.slice();
    addProduct(data, shape, {
      a: adapters.get(a)!.data,
      b: adapters.get(b)!.data,
      scale: adapterScale(lora),
    });
    merged.set(`${module}.weight`, { shape, data });
  }
  return merged;
}

/** Adds `scale * b · a` to a matrix of `shape` in place. */
function addProduct(
  matrix: Float32Array,
  [rows, columns]: readonly number[],
  { a, b, scale }: { a: Float32Array; b: Float32Array; scale: number },
): void {
  const rank = a.length / columns;
  for (let row = 0; row < rows; row++) {
    for (let r = 0; r < rank; r++) {
      const factor = scale * b[row * rank + r];
      const [to, from] = [row * columns, r * columns];
      for (let column = 0; column < columns; column++) {
        matrix[to + column] += factor * a[from + column];
      }
    }
  }
}
