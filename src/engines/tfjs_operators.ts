/**
 * The operators of our graphs as TensorFlow.js computes them.
 *
 * Only kernels that each of its backends has; a gradient by hand in the graphs needs no other.
 *
 * @module
 */

import * as tf from "@tensorflow/tfjs-core";
import type { Attributes } from "../models/graph/tensor.ts";

/** What an operator is given: a tensor, or whole numbers that are known here (a shape, axes). */
export type Operand = tf.Tensor | readonly number[];

/** Computes an operator; results are the caller's to dispose of. */
type Operator = (operands: readonly Operand[], attributes: Attributes) => tf.Tensor;

/** An operator on tensors alone. */
function ofTensors(compute: (...tensors: tf.Tensor[]) => tf.Tensor): Operator {
  return (operands) => compute(...operands as tf.Tensor[]);
}

/** The operators by their ONNX names. */
export const TFJS_OPERATORS: Readonly<Record<string, Operator>> = {
  Add: ofTensors((a, b) => tf.add(a, b)),
  Sub: ofTensors((a, b) => tf.sub(a, b)),
  Mul: ofTensors((a, b) => tf.mul(a, b)),
  Neg: ofTensors((x) => tf.neg(x)),
  Log: ofTensors((x) => tf.log(x)),
  Exp: ofTensors((x) => tf.exp(x)),
  Sqrt: ofTensors((x) => tf.sqrt(x)),
  Reciprocal: ofTensors((x) => tf.reciprocal(x)),
  Sigmoid: ofTensors((x) => tf.sigmoid(x)),
  Softmax: ofTensors((x) => tf.softmax(x)),
  LogSoftmax: ofTensors((x) => tf.logSoftmax(x)),
  MatMul: ofTensors((a, b) => isOnWasm() ? productOfEach(a, b) : tf.matMul(a, b)),
  Gemm: (operands, { transA, transB }) => {
    const [a, b] = operands as tf.Tensor[];
    return isOnWasm()
      ? tf.matMul(transA ? tf.transpose(a) : a, transB ? tf.transpose(b) : b)
      : tf.matMul(a, b, Boolean(transA), Boolean(transB));
  },
  ReduceSum: ([x, axes]) => tf.sum(x as tf.Tensor, axes as number[], true),
  ReduceMax: ([x, axes]) => tf.max(x as tf.Tensor, axes as number[], true),
  Reshape: ([x, shape]) => tf.reshape(x as tf.Tensor, shape as number[]),
  Transpose: ([x], { perm }) => tf.transpose(x as tf.Tensor, perm as number[]),
  Expand: ([x, shape]) => tf.broadcastTo(x as tf.Tensor, shape as number[]),
  Slice: ([x, from, to, axes]) =>
    sliced(x as tf.Tensor, from as number[], to as number[], axes as number[]),
  Concat: (operands, { axis }) => tf.concat(operands as tf.Tensor[], Number(axis)),
  Gather: ofTensors((table, ids) => tf.gather(table, ids)),
  GatherElements: ofTensors((x, columns) =>
    tf.reshape(tf.gather(tf.reshape(x, [-1]), flatIndices(x.shape, columns)), columns.shape)
  ),
  ScatterElements: (operands, { axis }) => {
    const [x, indices, values] = operands as tf.Tensor[];
    return axis === 0 ? rowsAdded(x, indices, values) : entriesAdded(x, indices, values);
  },
};

/** The wasm backend is fast at products of two matrices as they lie, and several times slower at others. */
function isOnWasm(): boolean {
  return tf.getBackend() === "wasm";
}

/** Products over the last two axes, one after another. */
function productOfEach(a: tf.Tensor, b: tf.Tensor): tf.Tensor {
  const matrices = (x: tf.Tensor) =>
    tf.unstack(tf.reshape<tf.Rank.R3>(x, [-1, ...x.shape.slice(-2) as [number, number]]));
  const others = matrices(b);
  const products = matrices(a).map((matrix, i) => tf.matMul(matrix, others[i]));
  return tf.reshape(tf.stack(products), [...a.shape.slice(0, -1), b.shape.at(-1)!]);
}

/** Bounds below 0 count from the end of their axis, bounds beyond it end there. */
function sliced(
  x: tf.Tensor,
  from: readonly number[],
  to: readonly number[],
  axes: readonly number[],
): tf.Tensor {
  const begin = x.shape.map(() => 0);
  const size = [...x.shape];
  axes.forEach((axis, i) => {
    const bounds = [from[i], to[i]].map((bound) =>
      Math.min(bound < 0 ? bound + x.shape[axis] : bound, x.shape[axis])
    );
    begin[axis] = bounds[0];
    size[axis] = bounds[1] - bounds[0];
  });
  return tf.slice(x, begin, size);
}

/** Where `columns` (rows, 1) of a matrix (rows, width) stand among all its elements, shape (rows,). */
function flatIndices([rows, width]: number[], columns: tf.Tensor): tf.Tensor1D {
  return tf.add(tf.range(0, rows * width, width, "int32"), tf.reshape(columns, [rows]));
}

/** `x[i, columns[i, 0]] += values[i, 0]` of matrices. */
function entriesAdded(x: tf.Tensor, columns: tf.Tensor, values: tf.Tensor): tf.Tensor {
  const indices = tf.expandDims(flatIndices(x.shape, columns), 1);
  const flat = tf.scatterND(indices, tf.reshape(values, [-1]), [x.size]);
  return tf.add(x, tf.reshape(flat, x.shape));
}

/** `x[ids[i]] += rows[i]`; each row of `indices` (rows, width) repeats its id. */
function rowsAdded(x: tf.Tensor, indices: tf.Tensor, rows: tf.Tensor): tf.Tensor {
  // ScatterND adds values of equal indices. Its segmented sums are not in the wasm backend.
  const ids = tf.slice(indices, [0, 0], [indices.shape[0], 1]);
  return tf.add(x, tf.scatterND(ids, rows, x.shape));
}
