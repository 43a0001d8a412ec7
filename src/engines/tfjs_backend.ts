/**
 * The backends of TensorFlow.js: each is loaded when it is first asked for, and none in place of
 * another.
 *
 * @module
 */

import * as tf from "@tensorflow/tfjs-core";

/**
 * What computes: plain TypeScript, WebAssembly on one core, Deno's own WebGPU, or the TensorFlow C
 * library on the CPU or on an NVIDIA GPU (docs/tfjs.md says what these need).
 */
export const TFJS_BACKENDS = ["cpu", "wasm", "webgpu", "node", "node-gpu"] as const;

/** One of {@linkcode TFJS_BACKENDS}. */
export type TfjsBackend = typeof TFJS_BACKENDS[number];

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

/** Version of the packages that are not in the import map. */
const VERSION = "4.22.0";

/** Folder of an installed tfjs-node or tfjs-node-gpu, in place of Deno's own copy. */
const FOLDER_VARIABLE = "FINESTEP_TFJS_NODE";

/**
 * Loads the addon around the TensorFlow C library.
 *
 * Its package is not in the import map and its name is put together here, so that nobody downloads
 * it who does not ask for it.
 */
async function tensorflow(name: string): Promise<string> {
  // The addon's own code calls what Node 23 took out of its `util`, and Deno never had.
  const { default: util } = await import("node:util");
  Object.assign(util, { isNullOrUndefined: (x: unknown) => x === null || x === undefined });
  const folder = Deno.env.get(FOLDER_VARIABLE);
  await import(folder ? `file://${folder}/dist/index.js` : `npm:@tensorflow/${name}@${VERSION}`);
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
  // What is loaded is switched to before this returns.
  return () => void tf.setBackend(name);
}
