/**
 * Tensors of a computation that runs later: each knows its shape, what computes it and how a
 * gradient goes back through it. Building one does no arithmetic.
 *
 * @module
 */

/** A size: a number, or a product of sizes given when the graph runs, as `"batch*length"`. */
export type Dimension = number | string;

/** Sizes of each axis, outermost first. */
export type Shape = readonly Dimension[];

/** Numbers for the named sizes of a graph. */
export type Sizes = Readonly<Record<string, number>>;

/** What a node of the graph may be told beside its inputs. */
export type Attributes = Readonly<Record<string, number | readonly number[] | string>>;

/** Where a tensor's elements come from. */
export type Source =
  | { readonly kind: "input"; readonly name: string }
  | { readonly kind: "constant"; readonly data: Float32Array | BigInt64Array }
  /** The numbers of a shape, known when the graph runs. */
  | { readonly kind: "shape"; readonly shape: Shape }
  | {
    readonly kind: "operation";
    readonly operator: string;
    readonly inputs: readonly Tensor[];
    readonly attributes: Attributes;
  };

/** How a gradient by a tensor becomes gradients by what the tensor was computed from. */
export interface Derivative {
  readonly inputs: readonly Tensor[];
  /** Gradients by `inputs`, in their order; null where none is wanted. */
  readonly pullBack: (gradient: Tensor) => readonly (Tensor | null)[];
}

/** A node of the computation. */
export interface Tensor {
  readonly shape: Shape;
  readonly type: "float32" | "int64";
  readonly source: Source;
  /** Null where no gradient goes through. */
  readonly derivative: Derivative | null;
}

/**
 * The product of sizes, in a form where equal products are equal values.
 *
 * @example Named and known sizes
 * ```ts
 * import assert from "node:assert/strict";
 * import { product } from "./tensor.ts";
 *
 * assert.equal(product("length", 2, "batch", 3), "6*batch*length");
 * assert.equal(product(4, 8), 32);
 * ```
 */
export function product(...dimensions: readonly Dimension[]): Dimension {
  const factors = dimensions.flatMap((dimension) => String(dimension).split("*"));
  const names = factors.filter(isName).sort();
  const number = factors.reduce((all, factor) => isName(factor) ? all : all * Number(factor), 1);
  if (names.length === 0 || number === 0) return number;
  return [...(number === 1 ? [] : [number]), ...names].join("*");
}

function isName(factor: string): boolean {
  return Number.isNaN(Number(factor));
}

/**
 * The number that a size stands for.
 *
 * @throws {RangeError} If a name in it is not among `sizes`.
 */
export function resolved(dimension: Dimension, sizes: Sizes): number {
  if (typeof dimension === "number") return dimension;
  return dimension.split("*").reduce((all, factor) => {
    const value = isName(factor) ? sizes[factor] : Number(factor);
    if (value === undefined) {
      throw new RangeError(
        `Cannot size "${dimension}" as each of its names must be given: "${factor}" is missing`,
      );
    }
    return all * value;
  }, 1);
}

/** A tensor that is given when the graph runs. */
export function input(name: string, shape: Shape, type: Tensor["type"] = "float32"): Tensor {
  return { shape, type, source: { kind: "input", name }, derivative: null };
}

/** A number that is part of the graph. */
export function scalar(value: number): Tensor {
  return {
    shape: [],
    type: "float32",
    source: { kind: "constant", data: Float32Array.of(value) },
    derivative: null,
  };
}

/** Whole numbers that are part of the graph. */
export function integers(values: readonly number[]): Tensor {
  return {
    shape: [values.length],
    type: "int64",
    source: { kind: "constant", data: BigInt64Array.from(values, BigInt) },
    derivative: null,
  };
}

/** The numbers of a shape as a tensor: a constant where they are known, else given at each run. */
export function shapeTensor(shape: Shape): Tensor {
  if (shape.every((dimension) => typeof dimension === "number")) return integers(shape);
  return {
    shape: [shape.length],
    type: "int64",
    source: { kind: "shape", shape },
    derivative: null,
  };
}

/** The output of an ONNX operator. */
export function operation(
  operator: string,
  inputs: readonly Tensor[],
  shape: Shape,
  attributes: Attributes = {},
  type: Tensor["type"] = "float32",
): Tensor {
  return {
    shape,
    type,
    source: { kind: "operation", operator, inputs, attributes },
    derivative: null,
  };
}

/** The same tensor with a way back for gradients. */
export function differentiable(
  tensor: Tensor,
  inputs: readonly Tensor[],
  pullBack: Derivative["pullBack"],
): Tensor {
  return { ...tensor, derivative: { inputs, pullBack } };
}
