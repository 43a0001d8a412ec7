import assert from "finestep/assert";
import { Rng } from "../../../src/config/rng.ts";
import { OnnxSession } from "../../../src/engines/onnx_session.ts";
import { gradients } from "../../../src/models/graph/gradient.ts";
import * as layers from "../../../src/models/graph/layers.ts";
import { input, resolved, type Shape, type Tensor } from "../../../src/models/graph/tensor.ts";

/** A layer with its differentiable inputs and what else it is fed. */
interface Case {
  readonly inputs: Readonly<Record<string, Shape>>;
  readonly build: (inputs: Readonly<Record<string, Tensor>>) => Tensor;
  readonly feeds?: Readonly<Record<string, Float32Array | Int32Array>>;
}

/** A size given when the graph runs, so that named sizes are tested as well. */
const SIZES = { n: 3 };

const CASES: Readonly<Record<string, Case>> = {
  sum: {
    inputs: { a: ["n", 4], b: ["n", 4] },
    build: ({ a, b }) => layers.sum(layers.sum(a, b), a),
  },
  reshaped: {
    inputs: { a: ["n", 4], b: [4, 2] },
    build: ({ a, b }) => layers.linear(a, layers.reshaped(b, [2, 4])),
  },
  permuted: {
    inputs: { a: [2, "n", 4] },
    build: ({ a }) => layers.swiGlu(layers.permuted(a, [2, 0, 1]), layers.permuted(a, [2, 0, 1])),
  },
  rowsOf: {
    inputs: { table: [5, 4] },
    build: ({ table }) => layers.rowsOf(table, input("ids", [6], "int64")),
    feeds: { ids: Int32Array.of(4, 0, 4, 4, 2, 0) },
  },
  linear: { inputs: { x: ["n", 4], w: [5, 4] }, build: ({ x, w }) => layers.linear(x, w) },
  rmsNorm: { inputs: { x: ["n", 6], w: [6] }, build: ({ x, w }) => layers.rmsNorm(x, w, 1e-5) },
  swiGlu: { inputs: { a: ["n", 5], b: ["n", 5] }, build: ({ a, b }) => layers.swiGlu(a, b) },
  rotated: {
    inputs: { x: ["n", 2, 4] },
    build: ({ x }) => layers.rotated(x, input("cosine", ["n", 1, 4]), input("sine", ["n", 1, 4])),
    feeds: { cosine: rotation(Math.cos, 1), sine: rotation(Math.sin, -1) },
  },
  attention: {
    inputs: { q: [2, 2, "2*n", 4], k: [2, 2, 4, "n"], v: [2, 2, "n", 4] },
    build: ({ q, k, v }) =>
      layers.attention(q, k, v, { mask: input("mask", [2, 1, "n", "n"]), group: 2 }),
    feeds: {
      mask: Float32Array.of(...[0, -1e9, -1e9, 0, 0, -1e9, 0, 0, 0], ...new Array(9).fill(0)),
    },
  },
  tokenLogprobs: {
    inputs: { z: ["n", 7] },
    build: ({ z }) => layers.tokenLogprobs(z, input("tokens", ["n", 1], "int64")),
    feeds: { tokens: Int32Array.of(6, 0, 6) },
  },
};

/** Angles 0, 0.7, ... of three positions; the first half of each row times `sign`. */
function rotation(of: (angle: number) => number, sign: number): Float32Array {
  return Float32Array.from([0, 1, 2].flatMap((position) => {
    const halves = [of(0.7 * position), of(0.3 * position)];
    return [...halves.map((x) => sign * x), ...halves];
  }));
}

function randomArray(shape: Shape, name: string): Float32Array {
  const rng = new Rng(1, name);
  const size = shape.reduce<number>((all, dimension) => all * resolved(dimension, SIZES), 1);
  return Float32Array.from({ length: size }, () => rng.normal());
}

/** The derivative along one element by a central difference. */
async function numericDerivative(valueAt: () => Promise<number>, array: Float32Array, i: number) {
  const [kept, delta] = [array[i], 1e-2];
  array[i] = kept + delta;
  const above = await valueAt();
  array[i] = kept - delta;
  const below = await valueAt();
  array[i] = kept;
  return (above - below) / (2 * delta);
}

for (const [name, { inputs, build, feeds = {} }] of Object.entries(CASES)) {
  Deno.test(`${name}() has the gradient that finite differences have`, async () => {
    const tensors = Object.fromEntries(
      Object.entries(inputs).map(([key, shape]) => [key, input(key, shape)]),
    );
    const output = build(tensors);
    const found = gradients(output, input("seed", output.shape), Object.values(tensors));
    await using session = await OnnxSession.create(
      {
        output,
        ...Object.fromEntries(Object.keys(inputs).map((key, i) => [`by ${key}`, found[i]])),
      },
      { threads: 1 },
    );
    const data = Object.fromEntries(
      Object.entries(inputs).map(([key, shape]) => [key, randomArray(shape, key)]),
    );
    const seed = randomArray(output.shape, "seed");
    const run = () => session.run(SIZES, { ...feeds, ...data, seed });
    const value = async () => (await run()).output.reduce((sum, y, i) => sum + y * seed[i], 0);
    const results = await run();
    for (const [key, array] of Object.entries(data)) {
      for (let i = 0; i < array.length; i++) {
        const expected = await numericDerivative(value, array, i);
        const actual = results[`by ${key}`][i];
        const error = Math.abs(actual - expected);
        assert.ok(
          error < 2e-3 * (1 + Math.abs(expected)),
          `${key}[${i}]: ${actual}, not ${expected}`,
        );
      }
    }
  });
}
