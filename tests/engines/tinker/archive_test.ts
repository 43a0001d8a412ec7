import assert from "finestep/assert";
import { adaptersOf } from "../../../src/engines/tinker/archive.ts";
import { initialAdapters, LORA_TARGETS } from "../../../src/models/lora.ts";
import { encodeSafetensors } from "../../../src/models/safetensors.ts";
import { tinyConfig } from "../engine_fixtures.ts";

const CONFIG = tinyConfig({ model_type: "qwen3" });
const SHAPE = { rank: 2, alpha: 32, targets: LORA_TARGETS };

/** As SkyRL's: PEFT's own config, which then names no layers. */
const ADAPTER_CONFIG = JSON.stringify({
  peft_type: "LORA",
  r: 2,
  lora_alpha: 32,
  target_modules: null,
});

/** A gzipped tar of files in the folder it was made in. */
async function packed(files: Readonly<Record<string, Uint8Array | string>>) {
  const parts = Object.entries(files).flatMap(([name, content]) => {
    const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
    const header = new Uint8Array(512);
    header.set(new TextEncoder().encode(`./${name}`));
    header.set(new TextEncoder().encode(bytes.length.toString(8).padStart(11, "0")), 124);
    return [header, bytes, new Uint8Array((512 - bytes.length % 512) % 512)];
  });
  const tar = new Blob([...parts, new Uint8Array(1024)] as BlobPart[]).stream();
  return await new Response(tar.pipeThrough(new CompressionStream("gzip"))).bytes();
}

Deno.test("adaptersOf() reads an archive that names no layers", async () => {
  const weights = initialAdapters(CONFIG, SHAPE, 1);
  const archive = await packed({
    "adapter_config.json": ADAPTER_CONFIG,
    "adapter_model.safetensors": encodeSafetensors(weights),
  });
  const adapters = await adaptersOf(archive, CONFIG);
  assert.deepEqual(adapters.shape, SHAPE);
  assert.deepEqual(new Map([...adapters.weights].sort()), new Map([...weights].sort()));
});

Deno.test("adaptersOf() refuses an archive without adapters, and those of another network", async () => {
  await assert.rejects(
    adaptersOf(await packed({ "adapter_config.json": ADAPTER_CONFIG }), CONFIG),
    /must have adapter_model.safetensors: it has adapter_config.json/,
  );
  const other = tinyConfig({ model_type: "qwen3", hidden_size: 32 });
  const archive = await packed({
    "adapter_config.json": ADAPTER_CONFIG,
    "adapter_model.safetensors": encodeSafetensors(initialAdapters(other, SHAPE, 1)),
  });
  await assert.rejects(
    adaptersOf(archive, CONFIG),
    /^TypeError: Cannot load .* as its shape must be/,
  );
});
