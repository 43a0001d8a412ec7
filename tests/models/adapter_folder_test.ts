import assert from "finestep/assert";
import { join } from "node:path";
import { loadAdapters, saveAdapters } from "../../src/models/adapter_folder.ts";
import { adapterShapes, initialAdapters } from "../../src/models/lora.ts";
import { tinyConfig } from "../engines/engine_fixtures.ts";
import { withFolder } from "../tiny/folders.ts";

const CONFIG = tinyConfig();
const SHAPE = { rank: 2, alpha: 4, targets: ["q_proj", "down_proj"] };
const ADAPTERS = { shape: SHAPE, weights: initialAdapters(CONFIG, SHAPE, 1) };

Deno.test("loadAdapters() reads back what saveAdapters() writes", async () => {
  await withFolder(async (folder) => {
    await saveAdapters(folder, ADAPTERS, "some/model");
    assert.deepEqual(await loadAdapters(folder, CONFIG), ADAPTERS);
  });
});

Deno.test("adapters have the names that PEFT gives them", () => {
  assert.deepEqual([...adapterShapes(tinyConfig({ num_hidden_layers: 1 }), SHAPE)], [
    ["base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight", [2, 16]],
    ["base_model.model.model.layers.0.self_attn.q_proj.lora_B.weight", [16, 2]],
    ["base_model.model.model.layers.0.mlp.down_proj.lora_A.weight", [2, 24]],
    ["base_model.model.model.layers.0.mlp.down_proj.lora_B.weight", [16, 2]],
  ]);
});

for (
  const [field, value] of Object.entries({
    peft_type: "LOHA",
    use_rslora: true,
    use_dora: true,
    modules_to_save: ["lm_head"],
    rank_pattern: { q_proj: 4 },
  })
) {
  Deno.test(`loadAdapters() refuses ${field} ${JSON.stringify(value)} by name`, async () => {
    await withFolder(async (folder) => {
      await saveAdapters(folder, ADAPTERS, "some/model");
      const path = join(folder, "adapter_config.json");
      const config = JSON.parse(await Deno.readTextFile(path));
      await Deno.writeTextFile(path, JSON.stringify({ ...config, [field]: value }));
      await assert.rejects(loadAdapters(folder, CONFIG), {
        message: new RegExp(`Cannot load adapters as adapter_config.json .*"${field}`),
      });
    });
  });
}

Deno.test("loadAdapters() refuses adapters of another network", async () => {
  await withFolder(async (folder) => {
    await saveAdapters(folder, ADAPTERS, "some/model");
    await assert.rejects(loadAdapters(folder, tinyConfig({ num_hidden_layers: 3 })), {
      message: /adapter_model.safetensors must be readable: .*layers.2.*it is missing/,
    });
  });
});
