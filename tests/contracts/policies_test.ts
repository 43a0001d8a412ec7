import { defaults } from "../../src/config/option.ts";
import { makeEngine } from "../../src/cli/engine_setup.ts";
import { ENGINE_OPTIONS } from "../../src/engines/options.ts";
import { ScriptedPolicy } from "../../src/policies/scripted.ts";
import { answer, call } from "../env/shop.ts";
import { ScriptedEngine } from "../tiny/engine.ts";
import { tinyModel } from "../tiny/model.ts";
import { policyContract } from "./policy_contract.ts";

const SCRIPT = ({ turn, seed }: { readonly turn: number; readonly seed: number }) =>
  turn < seed % 3 ? call(`SELECT ${seed}`) : answer(`SELECT ${turn}`);

policyContract({
  name: "ScriptedPolicy",
  lend: (use) => use(new ScriptedPolicy(SCRIPT)),
  hasTokens: false,
});

policyContract({
  name: "the tests' ScriptedEngine.policy()",
  lend: (use) => use(new ScriptedEngine(SCRIPT).policy()),
  hasTokens: true,
});

for (const temperature of [0, 1]) {
  policyContract({
    name: `EmbeddedPolicy at temperature ${temperature}`,
    lend: async (use) => {
      const options = { ...defaults(ENGINE_OPTIONS), threads: 1 };
      await using engine = await makeEngine(tinyModel(), options);
      await use(engine.policy({ temperature, maxTurnTokens: 12 }));
    },
    hasTokens: true,
  });
}

policyContract({
  name: "EmbeddedPolicy on TensorFlow.js",
  lend: async (use) => {
    const options = { ...defaults(ENGINE_OPTIONS), engine: "tfjs" as const };
    await using engine = await makeEngine(tinyModel(), options);
    await use(engine.policy({ temperature: 1, maxTurnTokens: 12 }));
  },
  hasTokens: true,
});
