import { OnnxEngine } from "../../src/engines/onnx.ts";
import { engineContract } from "./engine_contract.ts";

engineContract({
  name: "OnnxEngine",
  create: (options) => OnnxEngine.create({ ...options, threads: 1 }),
});
