import { defaults } from "../../src/config/option.ts";
import { makeEngine } from "../../src/cli/engine_setup.ts";
import { ENGINE_OPTIONS } from "../../src/engines/options.ts";
import { tinyModel } from "../tiny/model.ts";
import { engineContract } from "./engine_contract.ts";

engineContract({
  name: "OnnxEngine",
  lend: async (use) => {
    await using engine = await makeEngine(tinyModel(), { ...defaults(ENGINE_OPTIONS), threads: 1 });
    await use(engine);
  },
});
