/**
 * SkyRL's Tinker API as a process on this machine, on the CPU.
 *
 * @module
 */

import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** How a server is started. */
export interface SkyrlOptions {
  /** A Python that has skyrl[tinker,jax] and aiohttp. */
  readonly python: string;
  /** Folder of the model that it serves, which is also its name there. */
  readonly model: string;
  /** Where database, checkpoints and log are kept; a server of the same folder goes on with them. */
  readonly folder: string;
  /** Models that can be there at once. */
  readonly models?: number;
  /** Largest rank of their adapters. */
  readonly rank?: number;
  /** Rows of a batch, padded up to that; each shape is compiled once. */
  readonly batch?: { readonly sampled: number; readonly trained: number };
  /** Where compiled programs are kept; `folder` where absent. */
  readonly compiled?: string;
}

const SCRIPT = fileURLToPath(new URL("serve.py", import.meta.url));
const START_MS = 180_000;
const BETWEEN_LOOKS_MS = 100;
const LOG = "server.log";

/** A server that runs until it is disposed of, or this program ends. */
export class SkyrlServer implements AsyncDisposable {
  readonly #options: SkyrlOptions;
  readonly #port: number;
  #child: Deno.ChildProcess;

  private constructor(options: SkyrlOptions, port: number) {
    this.#options = options;
    this.#port = port;
    this.#child = spawned(options, port);
  }

  /**
   * Starts a server; requests made at once wait for its engine, which takes half a minute more.
   *
   * @throws {Error} If it does not start, with the end of its log.
   */
  static async start(options: SkyrlOptions): Promise<SkyrlServer> {
    await Deno.mkdir(options.folder, { recursive: true });
    const server = new SkyrlServer(options, freePort());
    await server.#ready();
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** Where it keeps the checkpoints of a model. */
  checkpoints(modelId: string): string {
    return join(this.#options.folder, "checkpoints", modelId);
  }

  /** Kills it at once, with whatever it is doing. */
  async kill(): Promise<void> {
    // Standard input of a killed child may be closed already.
    await this.#child.stdin.close().catch(() => {});
    await this.#child.status;
  }

  /** Starts it again after {@linkcode kill}, under the same address, database and checkpoints. */
  async restart(): Promise<void> {
    this.#child = spawned(this.#options, this.#port);
    await this.#ready();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }

  async #ready(): Promise<void> {
    let hasEnded = false;
    this.#child.status.then(() => hasEnded = true);
    const deadline = performance.now() + START_MS;
    while (!hasEnded && performance.now() < deadline) {
      if (await isHealthy(this.url)) return;
      await new Promise((resolve) => setTimeout(resolve, BETWEEN_LOOKS_MS));
    }
    await this.kill();
    const log = await Deno.readTextFile(join(this.#options.folder, LOG));
    throw new Error(`Cannot start SkyRL's server as it must answer:\n${log.slice(-2000)}`);
  }
}

function spawned(options: SkyrlOptions, port: number): Deno.ChildProcess {
  const { python, folder, model, models = 2, rank = 8 } = options;
  const { sampled, trained } = options.batch ?? { sampled: 8, trained: 8 };
  const backend = {
    // The first place is the base model's own.
    max_lora_adapters: models + 1,
    max_lora_rank: rank,
    sample_max_num_sequences: sampled,
    train_micro_batch_size: trained,
  };
  const args = [
    ...["--port", String(port), "--base-model", model, "--backend", "jax"],
    ...["--backend-config", JSON.stringify(backend)],
    ...["--database-url", `sqlite:///${join(folder, "tinker.db")}`],
    ...["--checkpoints-base", join(folder, "checkpoints")],
  ];
  // The log is written by a shell, as Deno gives a child pipes of its own or none.
  const command = `exec "$0" "$@" >>"$SKYRL_LOG" 2>&1`;
  return new Deno.Command("sh", {
    args: ["-c", command, python, SCRIPT, ...args],
    env: {
      SKYRL_LOG: join(folder, LOG),
      JAX_PLATFORMS: "cpu",
      JAX_COMPILATION_CACHE_DIR: options.compiled ?? join(folder, "compiled"),
      JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS: "0",
      JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES: "-1",
      HF_HUB_OFFLINE: "1",
    },
    stdin: "piped",
    stdout: "null",
    stderr: "null",
  }).spawn();
}

async function isHealthy(url: string): Promise<boolean> {
  try {
    const response = await fetch(`${url}/api/v1/healthz`);
    await response.body?.cancel();
    return response.ok;
  } catch {
    return false;
  }
}

/** A port that nobody listens on. */
function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return (listener.addr as Deno.NetAddr).port;
}
