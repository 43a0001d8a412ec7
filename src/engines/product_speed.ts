/**
 * How fast a device multiplies matrices, as a scale for what a model will take.
 *
 * @module
 */

import { matmul } from "../models/graph/operations.ts";
import { input } from "../models/graph/tensor.ts";
import { OnnxSession, type SessionOptions } from "./onnx_session.ts";

const SIZE = 1024;
const RUNS = 3;

/** 10^9 operations a second of a square product, the best of three: some 0.2 s on two cores. */
export async function productSpeed(options: SessionOptions): Promise<number> {
  const product = matmul(input("a", [SIZE, SIZE]), input("b", [SIZE, SIZE]));
  await using session = await OnnxSession.create({ product }, options);
  const feeds = { a: new Float32Array(SIZE * SIZE), b: new Float32Array(SIZE * SIZE) };
  let best = Infinity;
  for (let run = 0; run < RUNS; run++) {
    const start = performance.now();
    await session.run({}, feeds);
    best = Math.min(best, performance.now() - start);
  }
  return 2 * SIZE ** 3 / best / 1e6;
}
