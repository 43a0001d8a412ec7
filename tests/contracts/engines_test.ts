import { DeviceNetwork } from "../../src/engines/device_network.ts";
import {
  EmbeddedEngine,
  type EmbeddedEngineOptions,
  networkParts,
} from "../../src/engines/embedded.ts";
import { OnnxEngine } from "../../src/engines/onnx.ts";
import { HAS_DRIVER } from "../engines/devices.ts";
import { engineAgreement } from "./engine_agreement.ts";
import { engineContract, type EngineSubject } from "./engine_contract.ts";

/** Learns where it computes as `OnnxEngine` does on WebGPU, but on the processor, which is everywhere. */
class KeepingEngine extends EmbeddedEngine {
  static async create(options: EmbeddedEngineOptions): Promise<KeepingEngine> {
    const session = { threads: 1, device: "cpu" } as const;
    const network = await DeviceNetwork.create(networkParts(options), session);
    return new KeepingEngine(options, { name: "keeping", network, learner: network });
  }
}

const ONNX: EngineSubject = {
  name: "OnnxEngine",
  create: (options) => OnnxEngine.create({ ...options, threads: 1 }),
};

const KEEPING: EngineSubject = {
  name: "an engine over DeviceNetwork",
  create: (options) => KeepingEngine.create(options),
};

const WEBGPU: EngineSubject = {
  name: "OnnxEngine on webgpu",
  create: (options) => OnnxEngine.create({ ...options, threads: 1, device: "webgpu" }),
};

engineContract(ONNX);
for (const subject of HAS_DRIVER ? [KEEPING, WEBGPU] : [KEEPING]) {
  engineContract(subject);
  engineAgreement(subject);
}
if (!HAS_DRIVER) {
  Deno.test.ignore(`engine contract: ${WEBGPU.name}, as there is no VK_ICD_FILENAMES`, () => {});
}
