/**
 * How fast a device multiplies matrices: the scale for what a model will take, and for what it reaches.
 *
 * @module
 */

import { matmul, sumOver } from "../models/graph/operations.ts";
import { input } from "../models/graph/tensor.ts";
import { OnnxSession, type SessionOptions } from "./onnx_session.ts";

/** Products in the longer of two graphs whose times are compared. */
const PRODUCTS = 9;

/** What is measured. */
export interface Product {
  /** Rows and columns. */
  readonly size: number;
  /** Runs, of which the fastest counts, as a peak is what the device can do. */
  readonly tries: number;
}

/**
 * Operations a second of a square product in float32. Products follow one another within a graph that
 * gives a single number out, so that no matrix is copied; what a run costs besides is taken off.
 */
export async function productSpeed(
  session: SessionOptions,
  { size, tries }: Product,
): Promise<number> {
  const b = new Float32Array(size * size).fill(1 / size);
  const factor = input("b", [size, size]);
  const fastestMs = async (count: number) => {
    let c = factor;
    for (let i = 0; i < count; i++) c = matmul(c, factor);
    await using graph = await OnnxSession.create({ total: sumOver(sumOver(c, 1), 0) }, session);
    let fastest = Infinity;
    for (let i = 0; i < tries; i++) {
      const start = performance.now();
      await graph.run({}, { b });
      fastest = Math.min(fastest, performance.now() - start);
    }
    return fastest;
  };
  const perProductMs = (await fastestMs(PRODUCTS) - await fastestMs(1)) / (PRODUCTS - 1);
  return 2 * size ** 3 / (perProductMs / 1000);
}
