/**
 * The backends of TensorFlow.js that this machine has, found by computing a product on each.
 *
 * @module
 */

import { matmul } from "../models/graph/operations.ts";
import { input } from "../models/graph/tensor.ts";
import { TFJS_BACKENDS } from "./options.ts";
import { type TfjsBackend, tfjsBackend } from "./tfjs_backend.ts";
import { TfjsSession } from "./tfjs_session.ts";

/** What was found out about a backend. */
export interface BackendProbe {
  readonly backend: TfjsBackend;
  /** Why it cannot be used; null where it computed rightly. */
  readonly problem: string | null;
}

/** Tries every backend, one after another, as they share the library's state. */
export async function probeTfjsBackends(): Promise<BackendProbe[]> {
  const probes: BackendProbe[] = [];
  for (const backend of TFJS_BACKENDS) probes.push({ backend, problem: await trial(backend) });
  return probes;
}

async function trial(backend: TfjsBackend): Promise<string | null> {
  const session = new TfjsSession({
    product: matmul(input("a", ["rows", 3]), input("b", [3, 2])),
  });
  const feeds = { a: Float32Array.of(1, 2, 3, 4, 5, 6), b: Float32Array.of(1, 0, 0, 1, 1, 1) };
  try {
    const use = await tfjsBackend(backend);
    use();
    const { product } = session.run({ rows: 2 }, feeds);
    const found = (await product.data()).join(" ");
    product.dispose();
    return found === "4 5 10 11" ? null : `it gave ${found} for 4 5 10 11`;
  } catch (error) {
    return (error as Error).message;
  }
}
