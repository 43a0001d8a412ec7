import assert from "finestep/assert";
import { join } from "node:path";
import { loadModel, openModel, saveModel } from "../../src/models/model_folder.ts";
import { encodeSafetensors } from "../../src/models/safetensors.ts";
import { elementCount, type NamedTensors } from "../../src/models/weights.ts";
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
      message: /tokenizer\.json must be readable: it must be a JSON object: it is null/,
    },
    {
      what: "a tokenizer without merges",
      name: "tokenizer.json",
      change: (text: string) => text.replace('"merges"', '"no_merges"'),
      message: /^Cannot use tokenizer as it must be whole and of a known kind: /,
    },
    {
      what: "a tokenizer of more tokens than the model has",
      name: "tokenizer.json",
      change: (text: string) => text.replace('"vocab": {', '"vocab": { "far": 295,'),
      message: /the tokenizer's 296 tokens must be within the model's vocabulary of 295: /,
    },
    {
      what: "a tokenizer's config without a chat template",
      name: "tokenizer_config.json",
      change: () => "{}",
      message:
        /"chat_template" must be a text, or chat_template\.jinja be beside it: it is undefined/,
    },
    {
      what: "a prompt template that it does not know",
      name: "tokenizer_config.json",
      change: (text: string) => text.replace('"compact"', '"short"'),
      message: /"prompt_template" must be full, compact or absent: it is "short"/,
    },
    {
      what: "quantized weights",
      name: "config.json",
      change: (text: string) =>
        text.replace("{", '{ "quantization_config": {"quant_method": "awq"},'),
      message: /config\.json must be readable: weights must be floats: .* says "awq"/,
    },
    {
      what: "a template without tool support",
      name: "tokenizer_config.json",
      change: (text: string) =>
        text.replace("{% for message in messages %}", "{% for message in messages[:2] %}"),
      message: /role \"tool\": it leaves them out; "--tool-results user" shows them/,
    },
    {
      what: "a tokenizer that is cut short",
      name: "tokenizer.json",
      change: (text: string) => text.slice(0, 1000),
      message: /tokenizer\.json must be readable: /,
    },
  ]
) {
  Deno.test(`loadModel() refuses ${what}`, async () => {
    await withFolder(async (folder) => {
      await assert.rejects(loadModel(folder), { name: "Error", message });
    }, { [name]: change });
  });
}

/** Writes a model's weights as files of tensors, and an index of them. */
async function shard(
  folder: string,
  shards: Readonly<Record<string, NamedTensors>>,
  changes: Readonly<Record<string, string>> = {},
): Promise<void> {
  await Deno.remove(join(folder, "model.safetensors"));
  const places = Object.entries(shards).flatMap(([file, tensors]) =>
    [...tensors.keys()].map((name) => [name, file] as const)
  );
  for (const [file, tensors] of Object.entries(shards)) {
    await Deno.writeFile(join(folder, file), encodeSafetensors(tensors));
  }
  const weight_map = { ...Object.fromEntries(places), ...changes };
  await Deno.writeTextFile(
    join(folder, "model.safetensors.index.json"),
    JSON.stringify({ metadata: {}, weight_map }),
  );
}

const WEIGHTS = [...tinyModel().weights];
const SHARDS = {
  "1.safetensors": new Map(WEIGHTS.slice(3)),
  "2.safetensors": new Map(WEIGHTS.slice(0, 3)),
};

Deno.test("loadModel() reads weights from the files that an index names", async () => {
  await withFolder(async (folder) => {
    await shard(folder, SHARDS);
    assert.deepEqual((await loadModel(folder)).weights, new Map(WEIGHTS));
  });
});

for (
  const { what, shards, changes, remove, message } of [
    {
      what: "a missing file of weights",
      shards: SHARDS,
      remove: "2.safetensors",
      message: /2\.safetensors must be readable: there is no such file/,
    },
    {
      what: "a tensor that is not where the index says",
      shards: { ...SHARDS, "2.safetensors": new Map(WEIGHTS.slice(1, 3)) },
      changes: { [WEIGHTS[0][0]]: "2.safetensors" },
      message: /2\.safetensors must be .* has in it: it lacks "model\.embed_tokens\.weight"/,
    },
    {
      what: "a tensor that is in two files",
      shards: { ...SHARDS, "2.safetensors": new Map(WEIGHTS.slice(0, 4)) },
      changes: { [WEIGHTS[3][0]]: "1.safetensors" },
      message:
        /2\.safetensors must be .* tensors there: it has "model\.layers\..*" in 1\.safetensors/,
    },
    {
      what: "a model that lacks a tensor",
      shards: { "1.safetensors": new Map(WEIGHTS.slice(1)) },
      message: /index\.json must be .* needs "model\.embed_tokens\.weight": it is missing/,
    },
  ] as const
) {
  Deno.test(`loadModel() refuses ${what}`, async () => {
    await withFolder(async (folder) => {
      await shard(folder, shards, changes);
      if (remove) await Deno.remove(join(folder, remove));
      await assert.rejects(loadModel(folder), { name: "Error", message });
    });
  });
}

/** Replaces a folder's weights by the same in 16 bits, as most are published. */
async function writeHalves(folder: string, dtype: "BF16" | "F16", extra: readonly string[] = []) {
  const names = [...extra, ...WEIGHTS.map(([name]) => name)];
  let position = 0;
  const entries = names.map((name) => {
    const shape = new Map(WEIGHTS).get(name)?.shape ?? [2];
    const offsets = [position, position += 2 * elementCount(shape)];
    return [name, { dtype, shape, data_offsets: offsets }];
  });
  const header = new TextEncoder().encode(JSON.stringify(Object.fromEntries(entries)));
  const bytes = new Uint8Array(8 + header.length + position);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(header.length), true);
  bytes.set(header, 8);
  // 0x3f80 is 1 in BF16, 1.875 in F16.
  bytes.fill(0x80, 8 + header.length);
  for (let at = 8 + header.length + 1; at < bytes.length; at += 2) bytes[at] = 0x3f;
  await Deno.writeFile(join(folder, "model.safetensors"), bytes);
}

for (const [dtype, value] of [["BF16", 1], ["F16", 1.875]] as const) {
  Deno.test(`loadModel() widens weights in ${dtype}`, async () => {
    await withFolder(async (folder) => {
      await writeHalves(folder, dtype);
      const { weights } = await loadModel(folder);
      assert.deepEqual([...weights.keys()], WEIGHTS.map(([name]) => name));
      for (const [name, { shape, data }] of weights) {
        assert.deepEqual(data, new Float32Array(elementCount(shape)).fill(value), name);
      }
    });
  });
}

Deno.test("loadModel() leaves out tables of rotations, and a last layer beside a tied embedding", async () => {
  await withFolder(async (folder) => {
    await writeHalves(folder, "F16", ["model.layers.0.self_attn.rotary_emb.inv_freq"]);
    const { weights } = await loadModel(folder);
    const names = WEIGHTS.map(([name]) => name).filter((name) => name !== "lm_head.weight");
    assert.deepEqual([...weights.keys()], names);
  }, {
    "config.json": (text) =>
      text.replace('"tie_word_embeddings": false', '"tie_word_embeddings": true'),
  });
});

Deno.test("loadModel() refuses a tensor that the model has not", async () => {
  await withFolder(async (folder) => {
    await writeHalves(folder, "F16", ["visual.patch_embed.weight"]);
    await assert.rejects(loadModel(folder), /the model has no "visual\.patch_embed\.weight"/);
  });
});

Deno.test("openModel() finds weights cut short before it reads any", async () => {
  await withFolder(async (folder) => {
    const path = join(folder, "model.safetensors");
    await Deno.truncate(path, (await Deno.stat(path)).size - 1);
    await assert.rejects(openModel(folder), /model\.safetensors must be .* it is cut short at/);
  });
});

Deno.test("openModel() shows tool results as the user's, where that is asked for", async () => {
  await withFolder(async (folder) => {
    const { chat } = await openModel(folder, { toolResults: "user" });
    assert.equal(
      chat.decode(chat.observation("5")),
      "<|user|><tool_response>\n5\n</tool_response><|end|><|assistant|>",
    );
  });
});

Deno.test("loadModel() refuses an adapter in place of a model", async () => {
  await withFolder(async (folder) => {
    await Deno.rename(join(folder, "model.safetensors"), join(folder, "adapter_model.safetensors"));
    await Deno.writeTextFile(join(folder, "adapter_config.json"), "{}");
    await assert.rejects(loadModel(folder), /must hold whole weights: it holds an adapter/);
  });
});

Deno.test("loadModel() takes the template of chat_template.jinja, and saveModel() keeps the file", async () => {
  await withFolder(async (folder) => {
    const template = tinyModel().tokenizer.config.chat_template + "\n";
    await Deno.writeTextFile(join(folder, "chat_template.jinja"), template);
    const { chat: _, ...model } = await loadModel(folder);
    assert.equal(model.tokenizer.config.chat_template, template);
    await saveModel(join(folder, "again"), model);
    assert.equal(await Deno.readTextFile(join(folder, "again/chat_template.jinja")), template);
  }, { "tokenizer_config.json": (text) => text.replace("chat_template", "no_template") });
});

for (const name of ["generation_config.json", "config.json"]) {
  Deno.test(`loadModel() has the tokens that end a turn from ${name}`, async () => {
    await withFolder(async (folder) => {
      const path = join(folder, name);
      const before = await Deno.readTextFile(path).catch(() => "{}");
      await Deno.writeTextFile(
        path,
        JSON.stringify({ ...JSON.parse(before), eos_token_id: [1, 2] }),
      );
      const { chat, ...model } = await loadModel(folder);
      assert.deepEqual(chat.endsTurn, new Set([chat.endOfTurn, 1, 2]));
      await saveModel(join(folder, "again"), model);
      assert.deepEqual((await loadModel(join(folder, "again"))).chat.endsTurn, chat.endsTurn);
    });
  });
}

Deno.test("loadModel() refuses tokens that end a turn and are no ids", async () => {
  await withFolder(async (folder) => {
    await Deno.writeTextFile(join(folder, "generation_config.json"), '{"eos_token_id": "<|end|>"}');
    await assert.rejects(loadModel(folder), {
      message: /generation_config\.json must be .* one id or many: it is "<\|end\|>"/,
    });
  });
});

Deno.test("saveModel() leaves what was there when it fails", async () => {
  await withFolder(async (folder) => {
    const before = await loadModel(folder);
    const broken = new Map([["a", { shape: [1], data: undefined as unknown as Float32Array }]]);
    await assert.rejects(saveModel(folder, { ...tinyModel(), weights: broken }));
    assert.deepEqual((await loadModel(folder)).weights, before.weights);
    const names = (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name);
    assert.ok(!names.some((name) => name.endsWith(".part")));
  });
});
