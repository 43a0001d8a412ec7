import assert from "finestep/assert";
import { join } from "node:path";
import { loraOf, placeOf } from "../../src/cli/engine_setup.ts";
import { loadSizedModel } from "../../src/cli/sized_model.ts";
import { defaults } from "../../src/config/option.ts";
import { ENGINE_OPTIONS } from "../../src/engines/options.ts";
import { saveAdapters } from "../../src/models/adapter_folder.ts";
import { modelConfig } from "../../src/models/config.ts";
import { initialAdapters } from "../../src/models/lora.ts";
import { saveModel } from "../../src/models/model_folder.ts";
import { elementCount, weightShapes } from "../../src/models/weights.ts";
import { tinyModel } from "../tiny/model.ts";

const ENGINE = defaults(ENGINE_OPTIONS);

/** A folder of a model with a wide inner layer, whose weights are a file full of holes. */
async function hollowModel(folder: string, intermediateSize: number): Promise<void> {
  await saveModel(folder, tinyModel());
  const path = join(folder, "config.json");
  const json = JSON.parse(await Deno.readTextFile(path));
  const config = { ...json, intermediate_size: intermediateSize };
  await Deno.writeTextFile(path, JSON.stringify(config));
  let position = 0;
  const entries = Array.from(weightShapes(modelConfig(config)), ([name, shape]) => {
    const offsets = [position, position += 4 * elementCount(shape)];
    return [name, { dtype: "F32", shape, data_offsets: offsets }];
  });
  const header = new TextEncoder().encode(JSON.stringify(Object.fromEntries(entries)));
  using file = await Deno.open(join(folder, "model.safetensors"), { write: true, truncate: true });
  await file.write(new Uint8Array(BigUint64Array.of(BigInt(header.length)).buffer));
  await file.write(header);
  await file.truncate(8 + header.length + position);
}

Deno.test("loraOf() has the shape of a folder's adapters, of new ones, or none; never of both", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const shape = { rank: 2, alpha: 4, targets: ["q_proj"] };
    const weights = initialAdapters(tinyModel().config, shape, 1);
    await saveAdapters(folder, { shape, weights }, "some/model");
    assert.deepEqual(await loraOf({ ...ENGINE, adapter: folder }), shape);
    const fresh = { ...ENGINE, loraRank: 3, loraAlpha: 6, loraTargets: "k_proj, v_proj" };
    assert.deepEqual(await loraOf(fresh), { rank: 3, alpha: 6, targets: ["k_proj", "v_proj"] });
    assert.equal(await loraOf(ENGINE), null);
    await assert.rejects(loraOf({ ...fresh, adapter: folder }), /must not be given together/);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("loadSizedModel() refuses what the machine's memory cannot hold, before it takes any", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await hollowModel(folder, 1e9);
    const before = Deno.memoryUsage().rss;
    const purpose = {
      engine: ENGINE,
      place: await placeOf(ENGINE),
      conversations: 4,
      training: null,
    };
    await assert.rejects(loadSizedModel(folder, {}, purpose), {
      name: "RangeError",
      message:
        /^Cannot run model as there is not enough memory: it takes at least \d+\.\d GB \(weights \d+\.\d, generation \d+\.\d\), \d+\.\d GB are available$/,
    });
    assert.ok(Deno.memoryUsage().rss < before + 1e9);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
