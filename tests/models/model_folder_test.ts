import assert from "node:assert/strict";
import { join } from "node:path";
import { loadModel, saveModel } from "../../src/models/model_folder.ts";
import { tinyModel } from "../tiny/model.ts";

/** A saved tiny model, with one file replaced. */
async function withFolder(
  use: (folder: string) => Promise<void>,
  changes: Readonly<Record<string, (text: string) => string>> = {},
): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await saveModel(folder, tinyModel());
    for (const [name, change] of Object.entries(changes)) {
      const path = join(folder, name);
      await Deno.writeTextFile(path, change(await Deno.readTextFile(path)));
    }
    await use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("loadModel() gives back what saveModel() wrote, to the bit", async () => {
  await withFolder(async (folder) => {
    const { chat, ...loaded } = await loadModel(folder);
    const { chat: expectedChat, ...expected } = tinyModel();
    assert.deepEqual(loaded, expected);
    assert.deepEqual(chat.encode("SELECT 1"), expectedChat.encode("SELECT 1"));
  });
});

Deno.test("saveModel() writes the files that Hugging Face's loaders look for", async () => {
  await withFolder(async (folder) => {
    const names = (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name).sort();
    assert.deepEqual(names, [
      "config.json",
      "model.safetensors",
      "tokenizer.json",
      "tokenizer_config.json",
    ]);
    const config = JSON.parse(await Deno.readTextFile(join(folder, "config.json")));
    assert.deepEqual([config.model_type, config.architectures], ["llama", ["LlamaForCausalLM"]]);
  });
});

Deno.test("saveModel() replaces a model that is there", async () => {
  await withFolder(async (folder) => {
    const model = tinyModel();
    const [name, { shape, data }] = [...model.weights][0];
    const weights = new Map(model.weights).set(name, { shape, data: data.map((x) => x + 1) });
    await saveModel(folder, { ...model, weights });
    assert.deepEqual((await loadModel(folder)).weights, weights);
  });
});

for (
  const name of ["config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"]
) {
  Deno.test(`loadModel() names ${name} when it is missing`, async () => {
    await withFolder(async (folder) => {
      await Deno.remove(join(folder, name));
      await assert.rejects(loadModel(folder), {
        message: `Cannot load model as ${name} must be readable: there is no such file: ${
          join(folder, name)
        }`,
      });
    });
  });
}

for (
  const { what, name, change, message } of [
    {
      what: "a config that is cut short",
      name: "config.json",
      change: (text: string) => text.slice(0, 40),
      message: /config\.json must be readable: /,
    },
    {
      what: "another kind of model",
      name: "config.json",
      change: (text: string) => text.replace('"llama"', '"mamba"'),
      message: /dense Llama, Qwen2 or Qwen3 decoder: "model_type"/,
    },
    {
      what: "weights of another shape",
      name: "config.json",
      change: (text: string) => text.replace('"vocab_size": 295', '"vocab_size": 100'),
      message: /"model\.embed_tokens\.weight" as its shape must be \[100,16\]: it is \[295,16\]/,
    },
    {
      what: "weights that are none",
      name: "model.safetensors",
      change: () => "not tensors",
      message: /model\.safetensors must be readable: .* JSON header/,
    },
    {
      what: "a tokenizer that is none",
      name: "tokenizer.json",
      change: () => "null",
      message: /tokenizer\.json must be readable: /,
    },
    {
      what: "a tokenizer's config without a chat template",
      name: "tokenizer_config.json",
      change: () => "null",
      message: /"chat_template" must be a text: it is undefined/,
    },
    {
      what: "a prompt template that it does not know",
      name: "tokenizer_config.json",
      change: (text: string) => text.replace('"compact"', '"short"'),
      message: /"prompt_template" must be full, compact or absent: it is "short"/,
    },
  ]
) {
  Deno.test(`loadModel() refuses ${what}`, async () => {
    await withFolder(async (folder) => {
      await assert.rejects(loadModel(folder), { name: "Error", message });
    }, { [name]: change });
  });
}
