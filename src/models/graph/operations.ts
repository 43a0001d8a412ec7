/**
 * ONNX operators as functions on tensors, without gradients (layers.ts has those).
 *
 * Only plain operators, so that every execution provider runs them.
 *
 * @module
 */

import {
  type Dimension,
  integers,
  operation,
  product,
  scalar,
  type Shape,
  shapeTensor,
  type Tensor,
} from "./tensor.ts";

function broadcast(a: Shape, b: Shape): Shape {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, axis) => {
    const [of, and] = [a[axis - rank + a.length] ?? 1, b[axis - rank + b.length] ?? 1];
    if (of !== and && of !== 1 && and !== 1) {
      throw new RangeError(
        `Cannot broadcast as sizes must be equal or 1: shapes are [${a}] and [${b}]`,
      );
    }
    return of === 1 ? and : of;
  });
}

function elementwise(operator: string, a: Tensor, b: Tensor | number): Tensor {
  const other = typeof b === "number" ? scalar(b) : b;
  return operation(operator, [a, other], broadcast(a.shape, other.shape));
}

export function add(a: Tensor, b: Tensor | number): Tensor {
  return elementwise("Add", a, b);
}

export function subtract(a: Tensor, b: Tensor | number): Tensor {
  return elementwise("Sub", a, b);
}

export function multiply(a: Tensor, b: Tensor | number): Tensor {
  return elementwise("Mul", a, b);
}

export function negative(x: Tensor): Tensor {
  return operation("Neg", [x], x.shape);
}

export function exponential(x: Tensor): Tensor {
  return operation("Exp", [x], x.shape);
}

export function sigmoid(x: Tensor): Tensor {
  return operation("Sigmoid", [x], x.shape);
}

/** `1 / x`. */
export function reciprocal(x: Tensor): Tensor {
  return operation("Reciprocal", [x], x.shape);
}

/** `1 / sqrt(x)`. */
export function inverseRoot(x: Tensor): Tensor {
  return reciprocal(operation("Sqrt", [x], x.shape));
}

/** Softmax over the last axis. */
export function softmax(x: Tensor): Tensor {
  return operation("Softmax", [x], x.shape, { axis: -1 });
}

/** Logarithm of the softmax over the last axis. */
export function logSoftmax(x: Tensor): Tensor {
  return operation("LogSoftmax", [x], x.shape, { axis: -1 });
}

/** Sums over an axis, which keeps size 1. */
export function sumOver(x: Tensor, axis: number): Tensor {
  const shape = x.shape.map((dimension, i) => i === axis ? 1 : dimension);
  return operation("ReduceSum", [x, integers([axis])], shape, { keepdims: 1 });
}

/** Highest entry of the last axis, which keeps size 1. */
export function maxOverLast(x: Tensor): Tensor {
  const last = x.shape.length - 1;
  return operation("ReduceMax", [x, integers([last])], [...x.shape.slice(0, last), 1], {
    keepdims: 1,
  });
}

/** Mean over the last axis, whose size is known; it keeps size 1. */
export function meanOverLast(x: Tensor): Tensor {
  const last = x.shape.length - 1;
  return multiply(sumOver(x, last), 1 / Number(x.shape[last]));
}

export function reshape(x: Tensor, shape: Shape): Tensor {
  if (product(...x.shape) !== product(...shape)) {
    throw new RangeError(
      `Cannot reshape as both shapes must hold as many elements: [${x.shape}] and [${shape}]`,
    );
  }
  return operation("Reshape", [x, shapeTensor(shape)], shape, {}, x.type);
}

export function transpose(x: Tensor, permutation: readonly number[]): Tensor {
  const shape = permutation.map((axis) => x.shape[axis]);
  return operation("Transpose", [x], shape, { perm: permutation });
}

/** Exchanges the last two axes. */
export function transposeLast(x: Tensor): Tensor {
  const rank = x.shape.length;
  const axes = x.shape.map((_, axis) => axis);
  return transpose(x, [...axes.slice(0, rank - 2), rank - 1, rank - 2]);
}

/** Repeats along axes of size 1. */
function expand(x: Tensor, shape: Shape): Tensor {
  return operation("Expand", [x, shapeTensor(shape)], shape, {}, x.type);
}

/** The first `size` entries of the last axis. */
export function firstOfLast(x: Tensor, size: Dimension): Tensor {
  return sliceLast(x, shapeTensor([0]), shapeTensor([size]), size);
}

/** The last `size` entries of the last axis. */
export function lastOfLast(x: Tensor, size: number): Tensor {
  return sliceLast(x, integers([-size]), integers([2 ** 31 - 1]), size);
}

/** The `size` entries of the last axis after the first `skipped`: all the rest, unless both are known. */
export function afterFirstOfLast(x: Tensor, skipped: Dimension, size: Dimension): Tensor {
  const end = typeof skipped === "number" && typeof size === "number"
    ? skipped + size
    : 2 ** 31 - 1;
  return sliceLast(x, shapeTensor([skipped]), integers([end]), size);
}

function sliceLast(x: Tensor, from: Tensor, to: Tensor, size: Dimension): Tensor {
  const last = x.shape.length - 1;
  return operation("Slice", [x, from, to, integers([last])], [...x.shape.slice(0, last), size]);
}

/** Joins along the last axis, whose size is then `size`. */
export function concatLast(parts: readonly Tensor[], size: Dimension): Tensor {
  const leading = parts[0].shape.slice(0, -1);
  return operation("Concat", parts, [...leading, size], { axis: -1 });
}

/** Batched matrix product over the last two axes; the leading axes must be equal. */
export function matmul(a: Tensor, b: Tensor): Tensor {
  const [rows, inner] = a.shape.slice(-2);
  const [innerOfB, columns] = b.shape.slice(-2);
  if (inner !== innerOfB) {
    throw new RangeError(
      `Cannot multiply matrices as inner sizes must be equal: shapes are [${a.shape}] and [${b.shape}]`,
    );
  }
  return operation("MatMul", [a, b], [...a.shape.slice(0, -2), rows, columns]);
}

/** Product of two matrices, each transposed first where asked. */
export function gemm(
  a: Tensor,
  b: Tensor,
  transposed: { readonly a?: boolean; readonly b?: boolean } = {},
): Tensor {
  const rows = a.shape[transposed.a ? 1 : 0];
  const columns = b.shape[transposed.b ? 0 : 1];
  const attributes = {
    transA: Number(transposed.a ?? false),
    transB: Number(transposed.b ?? false),
  };
  return operation("Gemm", [a, b], [rows, columns], attributes);
}

/** Rows of a table: `result[i] = table[ids[i]]`. */
export function gather(table: Tensor, ids: Tensor): Tensor {
  return operation("Gather", [table, ids], [...ids.shape, ...table.shape.slice(1)], { axis: 0 });
}

/** One entry of each row: `result[i, 0] = x[i, columns[i, 0]]`. */
export function gatherColumn(x: Tensor, columns: Tensor): Tensor {
  return operation("GatherElements", [x, columns], columns.shape, { axis: 1 });
}

/** Adds one number to each row: `x[i, columns[i, 0]] += values[i, 0]`. */
export function addToColumn(x: Tensor, columns: Tensor, values: Tensor): Tensor {
  return scatterAdd(x, columns, values, 1);
}

/**
 * Adds rows into a table of zeros: `result[ids[i]] += rows[i]`.
 *
 * Not by ScatterND, whose CPU kernel loses additions to repeated rows when it has two threads.
 */
export function addedRows(shape: Shape, ids: Tensor, rows: Tensor): Tensor {
  const [count, width] = rows.shape;
  const indices = expand(reshape(ids, [count, 1]), [count, width]);
  return scatterAdd(expand(scalar(0), shape), indices, rows, 0);
}

function scatterAdd(x: Tensor, indices: Tensor, values: Tensor, axis: number): Tensor {
  const attributes = { axis, reduction: "add" };
  return operation("ScatterElements", [x, indices, values], x.shape, attributes);
}
