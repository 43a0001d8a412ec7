/**
 * The layers of a transformer, each with its gradient written out.
 *
 * A gradient by hand skips the large intermediate results that differentiating operator by
 * operator would make; the tests hold each against finite differences.
 *
 * @module
 */

import {
  add,
  addedRows,
  addToColumn,
  concatLast,
  exponential,
  firstOfLast,
  gather,
  gatherColumn,
  gemm,
  inverseRoot,
  lastOfLast,
  logSoftmax,
  matmul,
  meanOverLast,
  multiply,
  negative,
  reshape as reshapeOperation,
  sigmoid,
  softmax,
  subtract,
  sumOver,
  transpose,
  transposeLast,
} from "./operations.ts";
import { differentiable, product, type Shape, type Tensor } from "./tensor.ts";

/** `a + b` of equal shapes, as residual connections are. */
export function sum(a: Tensor, b: Tensor): Tensor {
  return differentiable(add(a, b), [a, b], (gradient) => [gradient, gradient]);
}

/** The same elements under another shape. */
export function reshaped(x: Tensor, shape: Shape): Tensor {
  return differentiable(
    reshapeOperation(x, shape),
    [x],
    (gradient) => [reshapeOperation(gradient, x.shape)],
  );
}

/** The axes in another order. */
export function permuted(x: Tensor, permutation: readonly number[]): Tensor {
  const inverse = permutation.map((_, axis) => permutation.indexOf(axis));
  return differentiable(
    transpose(x, permutation),
    [x],
    (gradient) => [transpose(gradient, inverse)],
  );
}

/** Rows of a table `(n, width)` by `ids` `(rows,)`, shape `(rows, width)`. */
export function rowsOf(table: Tensor, ids: Tensor): Tensor {
  return differentiable(
    gather(table, ids),
    [table],
    (gradient) => [addedRows(table.shape, ids, gradient)],
  );
}

/**
 * `x · weightᵀ + bias` of `x` `(rows, in)`, `weight` `(out, in)`, the layout of Hugging Face, and
 * `bias` `(out,)`.
 */
export function linear(x: Tensor, weight: Tensor, bias?: Tensor): Tensor {
  const multiplied = gemm(x, weight, { b: true });
  return differentiable(
    bias ? add(multiplied, bias) : multiplied,
    [x, weight, ...bias ? [bias] : []],
    (gradient) => [
      gemm(gradient, weight),
      gemm(gradient, x, { a: true }),
      ...bias ? [reshapeOperation(sumOver(gradient, 0), bias.shape)] : [],
    ],
  );
}

/** `factor * x`. */
export function scaled(x: Tensor, factor: number): Tensor {
  return differentiable(multiply(x, factor), [x], (gradient) => [multiply(gradient, factor)]);
}

/** `weight * x / sqrt(mean(x²) + epsilon)` over the last axis of `x` `(rows, width)`. */
export function rmsNorm(x: Tensor, weight: Tensor, epsilon: number): Tensor {
  const inverse = inverseRoot(add(meanOverLast(multiply(x, x)), epsilon));
  const normed = multiply(x, inverse);
  return differentiable(multiply(normed, weight), [x, weight], (gradient) => {
    const byNormed = multiply(gradient, weight);
    const along = meanOverLast(multiply(byNormed, normed));
    return [
      multiply(inverse, subtract(byNormed, multiply(normed, along))),
      reshapeOperation(sumOver(multiply(gradient, normed), 0), weight.shape),
    ];
  });
}

/** `silu(gate) * up`, the inner activation of SwiGLU. */
export function swiGlu(gate: Tensor, up: Tensor): Tensor {
  const share = sigmoid(gate);
  const silu = multiply(gate, share);
  return differentiable(multiply(silu, up), [gate, up], (gradient) => {
    // silu'(x) = s + silu(x) - silu(x) * s, with s = sigmoid(x)
    const slope = subtract(add(share, silu), multiply(silu, share));
    return [multiply(multiply(gradient, up), slope), multiply(gradient, silu)];
  });
}

function halvesExchanged(x: Tensor): Tensor {
  const width = Number(x.shape.at(-1));
  return concatLast([lastOfLast(x, width / 2), firstOfLast(x, width / 2)], width);
}

/**
 * Rotary position embedding as Hugging Face lays it out: entry i turns with entry i + width / 2.
 *
 * @param x Heads, shape (..., heads, width).
 * @param cosine Broadcast to `x`, its two halves equal.
 * @param sine Broadcast to `x`, its first half negated, so that no half of `x` has to be.
 */
export function rotated(x: Tensor, cosine: Tensor, sine: Tensor): Tensor {
  const turned = add(multiply(x, cosine), multiply(halvesExchanged(x), sine));
  return differentiable(turned, [x], (gradient) => [
    subtract(multiply(gradient, cosine), multiply(halvesExchanged(gradient), sine)),
  ]);
}

/**
 * Attention of grouped queries: `softmax(scale * queries · keys + mask) · values`.
 *
 * The backward pass never transposes a matrix of scores, only those of head width.
 *
 * @param queries Those of `group` heads one after the other, shape (batch, keyHeads, group * length, width).
 * @param keys Already transposed, shape (batch, keyHeads, width, length).
 * @param values Shape (batch, keyHeads, length, width).
 * @param mask Added to the scores of each head, shape (batch, 1, length, length).
 */
export function attention(
  queries: Tensor,
  keys: Tensor,
  values: Tensor,
  { mask, group }: { readonly mask: Tensor; readonly group: number },
): Tensor {
  const scale = 1 / Math.sqrt(Number(queries.shape.at(-1)));
  const scaled = multiply(queries, scale);
  const scores = matmul(scaled, keys);
  const [batch, keyHeads, _, length] = scores.shape;
  const byHead = [batch, product(keyHeads, group), length, length];
  const masked = add(reshapeOperation(scores, byHead), mask);
  const weights = reshapeOperation(softmax(masked), scores.shape);
  const attended = matmul(weights, values);
  return differentiable(attended, [queries, keys, values], (gradient) => {
    const along = sumOver(multiply(gradient, attended), 3);
    const byWeights = matmul(gradient, transposeLast(values));
    const byScores = multiply(weights, subtract(byWeights, along));
    return [
      multiply(matmul(byScores, transposeLast(keys)), scale),
      matmul(transposeLast(scaled), byScores),
      transposeLast(matmul(transposeLast(gradient), weights)),
    ];
  });
}

/** Logprob of one token of each row of `logits` `(rows, vocabulary)`; `tokens` and result `(rows, 1)`. */
export function tokenLogprobs(logits: Tensor, tokens: Tensor): Tensor {
  const logprobs = logSoftmax(logits);
  return differentiable(gatherColumn(logprobs, tokens), [logits], (gradient) => [
    addToColumn(multiply(exponential(logprobs), negative(gradient)), tokens, gradient),
  ]);
}
