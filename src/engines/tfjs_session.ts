/**
 * Runs graphs of tensors with TensorFlow.js: one operation after another, each intermediate result
 * freed after its last use.
 *
 * @module
 */

import * as tf from "@tensorflow/tfjs-core";
import type { Outputs } from "../models/graph/onnx_model.ts";
import { resolved, type Sizes, type Tensor } from "../models/graph/tensor.ts";
import { type Operand, TFJS_OPERATORS } from "./tfjs_operators.ts";

/** What a graph is fed: arrays, or tensors that are on the device already. */
export type TfjsFeeds = Readonly<Record<string, Float32Array | Int32Array | tf.Tensor>>;

type Operation = Extract<Tensor["source"], { kind: "operation" }>;

/** A graph ready to run at any sizes. */
export class TfjsSession {
  readonly #outputs: Outputs;
  /** All sources of tensors, each after those that it is computed from. */
  readonly #order: readonly Tensor[];
  /** How often each is used, as an output or by another. */
  readonly #uses: ReadonlyMap<Tensor["source"], number>;

  /** @throws {TypeError} If an operator of the graph is not known here. */
  constructor(outputs: Outputs) {
    this.#outputs = outputs;
    this.#order = ordered(Object.values(outputs));
    this.#uses = useCounts(this.#order, Object.values(outputs));
    const unknown = this.#order.find(({ source }) =>
      source.kind === "operation" && !Object.hasOwn(TFJS_OPERATORS, source.operator)
    );
    if (unknown) {
      throw new TypeError(
        `Cannot run this graph on TensorFlow.js as each operator must be known: "${
          (unknown.source as Operation).operator
        }" is not`,
      );
    }
  }

  /**
   * Computes the outputs on the backend in use, without waiting for it.
   *
   * @param sizes Numbers for the named sizes of the graph.
   * @param feeds Each input; names that the graph does not have are passed over.
   * @returns Tensors that are the caller's to dispose of.
   * @throws {TypeError} If an input is missing or not as long as its shape.
   */
  run(sizes: Sizes, feeds: TfjsFeeds): Record<string, tf.Tensor> {
    const results = new Map<Tensor["source"], Operand>();
    const left = new Map(this.#uses);
    const release = (source: Tensor["source"]) => {
      left.set(source, left.get(source)! - 1);
      const result = results.get(source);
      if (left.get(source) === 0 && result instanceof tf.Tensor) result.dispose();
    };
    for (const tensor of this.#order) {
      results.set(tensor.source, computed(tensor, { sizes, feeds, results }));
      inputsOf(tensor).forEach(({ source }) => release(source));
    }
    return Object.fromEntries(
      Object.entries(this.#outputs).map(([name, { source }]) => {
        const own = tf.clone(results.get(source) as tf.Tensor);
        release(source);
        return [name, own];
      }),
    );
  }
}

function inputsOf({ source }: Tensor): readonly Tensor[] {
  return source.kind === "operation" ? source.inputs : [];
}

function ordered(outputs: readonly Tensor[]): Tensor[] {
  const met = new Set<Tensor["source"]>();
  const result: Tensor[] = [];
  const visit = (tensor: Tensor) => {
    if (met.has(tensor.source)) return;
    met.add(tensor.source);
    inputsOf(tensor).forEach(visit);
    result.push(tensor);
  };
  outputs.forEach(visit);
  return result;
}

function useCounts(
  order: readonly Tensor[],
  outputs: readonly Tensor[],
): ReadonlyMap<Tensor["source"], number> {
  const counts = new Map<Tensor["source"], number>();
  for (const { source } of [...order.flatMap(inputsOf), ...outputs]) {
    counts.set(source, (counts.get(source) ?? 0) + 1);
  }
  return counts;
}

/** What is known during a run. */
interface Run {
  readonly sizes: Sizes;
  readonly feeds: TfjsFeeds;
  readonly results: ReadonlyMap<Tensor["source"], Operand>;
}

/** The value of a tensor whose inputs have theirs; a tensor of its own. */
function computed({ source, shape, type }: Tensor, { sizes, feeds, results }: Run): Operand {
  const numbers = () => shape.map((dimension) => resolved(dimension, sizes));
  switch (source.kind) {
    case "input":
      return fed(source.name, feeds[source.name], numbers(), type);
    case "shape":
      return source.shape.map((dimension) => resolved(dimension, sizes));
    case "constant":
      return source.data instanceof Float32Array
        ? tf.tensor(source.data, numbers())
        : Array.from(source.data, Number);
    case "operation": {
      const operands = source.inputs.map((input) => results.get(input.source)!);
      return tf.tidy(() => TFJS_OPERATORS[source.operator](operands, source.attributes));
    }
  }
}

function fed(
  name: string,
  given: TfjsFeeds[string] | undefined,
  shape: number[],
  type: Tensor["type"],
): tf.Tensor {
  const size = given instanceof tf.Tensor ? given.size : given?.length;
  if (!given || size !== tf.util.sizeFromShape(shape)) {
    throw new TypeError(
      `Cannot feed "${name}" as its shape must be [${shape}]: ${
        given ? `${size} elements were given` : "nothing was given"
      }`,
    );
  }
  if (given instanceof tf.Tensor) return tf.reshape(given, shape);
  return tf.tensor(given, shape, type === "int64" ? "int32" : "float32");
}
