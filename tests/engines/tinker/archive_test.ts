import assert from "finestep/assert";
import { adaptersOf, largestArchive } from "../../../src/engines/tinker/archive.ts";
import { encodeSafetensors } from "../../../src/models/safetensors.ts";
import { initialAdapters, LORA_TARGETS } from "../../../src/models/lora.ts";
import { tinyConfig } from "../engine_fixtures.ts";
import { archiveOf, plainArchiveOf, tarOf } from "./archives.ts";

const CONFIG = tinyConfig({ model_type: "qwen3" });
const SHAPE = { rank: 2, alpha: 32, targets: LORA_TARGETS };

Deno.test("adaptersOf() reads an archive that names no layers, gzipped or not", async () => {
  const weights = initialAdapters(CONFIG, SHAPE, 1);
  for (
    const archive of [
      await archiveOf({ shape: SHAPE, weights }),
      plainArchiveOf({ shape: SHAPE, weights }),
    ]
  ) {
    const adapters = await adaptersOf(archive, CONFIG);
    assert.deepEqual(adapters.shape, SHAPE);
    assert.deepEqual(new Map([...adapters.weights].sort()), new Map([...weights].sort()));
    assert(archive.length < largestArchive(CONFIG, SHAPE));
  }
});

Deno.test("adaptersOf() refuses an archive without adapters, and those of another network", async () => {
  await assert.rejects(
    adaptersOf(tarOf({ "adapter_config.json": "{}" }), CONFIG),
    /must have adapter_model.safetensors: it has adapter_config.json/,
  );
  const odd = {
    "adapter_config.json": "{}",
    "adapter_model.safetensors": encodeSafetensors(new Map()),
  };
  await assert.rejects(
    adaptersOf(tarOf(odd), CONFIG),
    /^SyntaxError: Cannot read .* must be PEFT's: "peft_type": /,
  );
  const other = tinyConfig({ model_type: "qwen3", hidden_size: 32 });
  const weights = initialAdapters(other, SHAPE, 1);
  const archive = await archiveOf({ shape: SHAPE, weights });
  await assert.rejects(
    adaptersOf(archive, CONFIG),
    /^TypeError: Cannot load .* as its shape must be/,
  );
});
