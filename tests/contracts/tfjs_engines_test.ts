import { TfjsEngine } from "../../src/engines/tfjs.ts";
import { TFJS_BACKENDS } from "../../src/engines/options.ts";
import { engineAgreement } from "./engine_agreement.ts";
import { engineContract, type EngineSubject } from "./engine_contract.ts";

/** Backends that need more than npm's packages are tried where this names them. */
const VARIABLE = "FINESTEP_TFJS_BACKENDS";
const TRIED = Deno.env.get(VARIABLE)?.split(",") ?? ["cpu", "wasm"];

for (const backend of TFJS_BACKENDS) {
  const name = `TfjsEngine on ${backend}`;
  if (!TRIED.includes(backend)) {
    Deno.test.ignore(`engine contract: ${name}, as ${VARIABLE} does not name it`, () => {});
    continue;
  }
  const subject: EngineSubject = {
    name,
    create: (options) => TfjsEngine.create({ ...options, backend }),
  };
  engineContract(subject);
  engineAgreement(subject);
}
