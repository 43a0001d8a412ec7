import type { EmbeddedEngineOptions } from "../../src/engines/embedded.ts";
import type { Engine } from "../../src/engines/engine.ts";
import { OnnxEngine } from "../../src/engines/onnx.ts";
import { TinkerEngine } from "../../src/engines/tinker/engine.ts";
import { Session } from "../../src/engines/tinker/session.ts";
import { EngineModel } from "../engines/tinker/served_models.ts";
import { type Checkpoints, TinkerServer } from "../engines/tinker/tinker_server.ts";
import { engineContract } from "./engine_contract.ts";

/** All servers have one disk, so that a state can go from one to another. */
const DISK: Checkpoints = new Map();

/** An engine on a server over the default engine, which ends with it. */
class ServedEngine extends TinkerEngine {
  readonly #server: TinkerServer;

  private constructor(
    options: ConstructorParameters<typeof TinkerEngine>[0],
    server: TinkerServer,
  ) {
    super(options);
    this.#server = server;
  }

  static async create(options: EmbeddedEngineOptions): Promise<Engine> {
    const { config, chat, adam, maxGradientNorm } = options;
    const served = { ...options, maxGradientNorm: 0 };
    const server = new TinkerServer(
      async () =>
        new EngineModel(await OnnxEngine.create({ ...served, threads: 1 }), config.vocabSize),
      {},
      DISK,
    );
    return new ServedEngine({
      session: await Session.open({ url: server.url, apiKey: null, timeoutMs: 60_000 }, ""),
      ...{ config, chat, adam: { ...adam, maxGradientNorm } },
      adapters: { rank: 1, seed: 1 },
      reducing: { reduction: "sequence-mean", accumulation: "joint" },
      model: { wire: "protobuf" },
      slots: 4,
    }, server);
  }

  override async [Symbol.asyncDispose](): Promise<void> {
    await super[Symbol.asyncDispose]();
    await this.#server[Symbol.asyncDispose]();
  }
}

engineContract({
  name: "TinkerEngine",
  create: (options) => ServedEngine.create(options),
  isRemote: true,
});
