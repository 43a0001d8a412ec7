/**
 * How this machine rounds. ONNX Runtime chooses instructions by processor, so that the last bits of a
 * product differ between machines whose processors have one name.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { Rng } from "../config/rng.ts";
import { matmul, sigmoid, softmax } from "../models/graph/operations.ts";
import { input } from "../models/graph/tensor.ts";
import { OnnxSession, type SessionOptions } from "./onnx_session.ts";

/** Sizes of the product: those of the fixture policy's widest layer. */
const INNER = 128;
const COLUMNS = 384;

/** A single row and many are multiplied by different code. */
const ROWS = [1, 7, 64];

/**
 * SHA-256 of what fixed products, exponentials and sigmoids come to, to the last bit. Equal hashes say
 * that two machines very likely compute the same; the project's own graphs take no part.
 */
export async function arithmeticSha256(options: SessionOptions): Promise<string> {
  const product = matmul(input("a", ["rows", INNER]), input("b", [INNER, COLUMNS]));
  const outputs = { product, shares: softmax(product), gates: sigmoid(product) };
  await using session = await OnnxSession.create(outputs, options);
  const hash = createHash("sha256");
  const b = numbers("b", INNER * COLUMNS);
  for (const rows of ROWS) {
    const results = await session.run({ rows }, { a: numbers("a", rows * INNER), b });
    for (const name of Object.keys(outputs)) hash.update(results[name]);
  }
  return hash.digest("hex");
}

/** Fixed numbers in [-1, 1). */
function numbers(name: string, length: number): Float32Array {
  const rng = new Rng(1, "arithmetic", name);
  return Float32Array.from({ length }, () => 2 * rng.uniform() - 1);
}
