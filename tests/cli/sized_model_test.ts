import assert from "node:assert/strict";
import { join } from "node:path";
import { placeOf } from "../../src/cli/engine_setup.ts";
import { loadSizedModel } from "../../src/cli/sized_model.ts";
import { defaults } from "../../src/config/option.ts";
import { ENGINE_OPTIONS } from "../../src/engines/options.ts";
import { modelConfig } from "../../src/models/config.ts";
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
