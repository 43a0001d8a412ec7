/**
 * The backends of TensorFlow.js: each is loaded when it is first asked for, and none in place of
 * another.
 *
 * @module
 */

import * as tf from "@tensorflow/tfjs-core";
import type { TFJS_BACKENDS } from "./options.ts";

/** One of {@linkcode TFJS_BACKENDS}. */
export type TfjsBackend = typeof TFJS_BACKENDS[number];

/** Environment variable: folder of an installed tfjs-node or tfjs-node-gpu. */
const FOLDER_VARIABLE = "FINESTEP_TFJS_NODE";

/** Registers a backend with the library; the name that it has there. */
const LOADED: Readonly<Record<TfjsBackend, () => Promise<string>>> = {
  cpu: async () => {
    await import("@tensorflow/tfjs-backend-cpu");
    return "cpu";
  },
  wasm: async () => {
    await import("@tensorflow/tfjs-backend-wasm");
    return "wasm";
  },
  webgpu: async () => {
    await import("@tensorflow/tfjs-backend-webgpu");
    return "webgpu";
  },
  node: () => tensorflow("tfjs-node"),
  "node-gpu": () => tensorflow("tfjs-node-gpu"),
};

/**
 * Loads the addon around the TensorFlow C library.
 *
 * Its package is not in the import map: it is of use only with what its install script downloads,
 * which Deno does not run, so nobody gets it who did not install it.
 */
async function tensorflow(name: string): Promise<string> {
  const folder = Deno.env.get(FOLDER_VARIABLE);
  if (!folder?.replace(/\/+$/, "").endsWith(`/${name}`)) {
    throw new TypeError(
      `${FOLDER_VARIABLE} must name the folder of an installed @tensorflow/${name}: it is ${
        folder ? `"${folder}"` : "not set"
      }`,
    );
  }
  const { createRequire } = await import("node:module");
  const require = createRequire(import.meta.url);
  // The addon's own code calls what Node 23 took out of its `util`.
  Object.assign(require("node:util"), { isNullOrUndefined: (x: unknown) => x == null });
  require(folder);
  return "tensorflow";
}

/**
 * Makes a backend ready.
 *
 * @returns What switches to it, as backends of one process share the library's state.
 * @throws {TypeError} If the backend cannot be loaded or has no device; none takes its place.
 */
export async function tfjsBackend(backend: TfjsBackend): Promise<() => void> {
  // Else a banner advises to install another backend.
  tf.enableProdMode();
  const refused = (reason: string) =>
    new TypeError(
      `Cannot compute on TensorFlow.js's backend "${backend}" as it must load and find its device: ${reason}`,
    );
  let name: string;
  try {
    name = await LOADED[backend]();
  } catch (error) {
    throw refused(`${(error as Error).message}. See docs/tfjs.md`);
  }
  if (!tf.engine().registryFactory[name] || !await tf.setBackend(name)) {
    throw refused("no device was found");
  }
  // Without a GPU the addon computes on the CPU and says nothing.
  if (
    backend === "node-gpu" && !(tf.backend() as { isUsingGpuDevice?: boolean }).isUsingGpuDevice
  ) {
    throw refused("TensorFlow found no GPU that it can use. See docs/tfjs.md");
  }
  // What is loaded is switched to before this returns.
  return () => void tf.setBackend(name);
}
