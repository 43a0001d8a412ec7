import assert from "finestep/assert";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import hashes from "../../fixtures/golden/gguf/models.json" with { type: "json" };
import { type GgufHeader, parseGguf } from "../../src/models/gguf.ts";
import { ggufConfig } from "../../src/models/gguf_model.ts";
import { ggufTokenizer } from "../../src/models/gguf_tokenizer.ts";
import { loadModel, saveModel } from "../../src/models/model_folder.ts";
import type { Message } from "../../src/trajectory/episode.ts";
import { withFolder } from "../tiny/folders.ts";

const GOLDEN = fileURLToPath(new URL("../../fixtures/golden/gguf", import.meta.url));
const QUESTION: Message = { role: "user", content: "the 1234's" };

/** The header of a golden file, with a change. */
function header(name: string, change: Partial<Record<keyof GgufHeader, unknown>> = {}): GgufHeader {
  let left = Deno.readFileSync(join(GOLDEN, `${name}.gguf`));
  const read = parseGguf((count) => {
    const taken = left.subarray(0, count);
    left = left.subarray(count);
    return taken;
  });
  return { ...read, ...change } as GgufHeader;
}

function withValue(name: string, key: string, value: unknown): GgufHeader {
  const { metadata } = header(name);
  return header(name, { metadata: new Map<string, unknown>(metadata).set(key, value) });
}

/** A copy of a golden file with some bytes changed. */
async function withCopy(
  change: (bytes: Uint8Array) => Uint8Array,
  use: (path: string) => Promise<void>,
): Promise<void> {
  await withFolder(async (folder) => {
    const path = join(folder, "copy.gguf");
    await Deno.writeFile(path, change(await Deno.readFile(join(GOLDEN, "qwen2.gguf"))));
    await use(path);
  });
}

// fixtures/golden/gguf/make.py: the floats before gguf.GGUFWriter laid them out.
for (const [family, expected] of Object.entries(hashes)) {
  Deno.test(`loadModel() reads the weights of a GGUF file of ${family} to the bit, by their Hugging Face names`, async () => {
    const { weights } = await loadModel(join(GOLDEN, `${family}.gguf`));
    const found = Array.from(weights, ([name, { data }]) => {
      const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
      return [name, createHash("sha256").update(bytes).digest("hex")];
    });
    assert.deepEqual(Object.fromEntries(found), expected);
  });
}

Deno.test("loadModel() reads a GGUF file's network, with Llama 3's rotations", async () => {
  const { config } = await loadModel(join(GOLDEN, "llama.gguf"));
  assert.deepEqual(config, {
    family: "llama",
    hiddenSize: 32,
    intermediateSize: 64,
    layerCount: 1,
    headCount: 4,
    keyValueHeadCount: 2,
    headSize: 8,
    vocabSize: 268,
    maxLength: 128,
    rmsNormEpsilon: 1e-6,
    ropeTheta: 500_000,
    ropeScaling: {
      kind: "llama3",
      factor: 32,
      lowFrequencyFactor: 1,
      highFrequencyFactor: 4,
      originalMaxLength: 8192,
    },
    tiesEmbeddings: false,
  });
});

for (
  const [family, split] of [
    ["llama", ["the", "Ġthe", "Ġ", "123", "4", "'s"]],
    ["qwen2", ["the", "Ġthe", "Ġ", "1", "2", "3", "4", "'s"]],
    ["qwen3", ["the", "Ġthe", "Ġ", "1", "2", "3", "4", "'s"]],
  ] as const
) {
  Deno.test(`loadModel() reads a GGUF file's tokenizer, as ${family}'s splits`, async () => {
    const { chat, tokenizer } = await loadModel(join(GOLDEN, `${family}.gguf`));
    const { vocab } = tokenizer.json.model as { vocab: Record<string, number> };
    assert.deepEqual(chat.encode("the the 1234's"), split.map((token) => vocab[token]));
    assert.deepEqual(chat.encode("<tool_call>"), [265]);
    assert.deepEqual([chat.endOfTurn, chat.endsTurn], [2, new Set([2, 0])]);
    assert.equal(
      chat.decode(chat.prompt([QUESTION])),
      "<|im_start|>user\nthe 1234's<|im_end|>\n<|im_start|>assistant\n",
    );
  });
}

Deno.test("saveModel() writes a GGUF file's model as a folder that reads the same", async () => {
  await withFolder(async (folder) => {
    const { chat, ...model } = await loadModel(join(GOLDEN, "llama.gguf"));
    await saveModel(folder, model);
    const { chat: again, ...saved } = await loadModel(folder);
    assert.deepEqual(saved, model);
    assert.deepEqual(again.prompt([QUESTION]), chat.prompt([QUESTION]));
    assert.deepEqual(again.endsTurn, chat.endsTurn);
  });
});

for (
  const { what, change, message } of [
    {
      what: "that is cut short in its weights",
      change: (bytes: Uint8Array) => bytes.subarray(0, -40),
      message:
        /tensor ".*" as the file must hold all of it: it is cut short at 22360 of 224\d\d bytes/,
    },
    {
      what: "that is cut short in its header",
      change: (bytes: Uint8Array) => bytes.subarray(0, 999),
      message: /must hold its whole header: it is cut short at 999 bytes: .*copy\.gguf$/,
    },
    {
      what: "that is none",
      change: (bytes: Uint8Array) => bytes.subarray(1),
      message: /must begin with "GGUF": it does not/,
    },
    {
      what: "of another version",
      change: (bytes: Uint8Array) => bytes.with(4, 1),
      message: /version must be 2 or 3, little-endian: it is 1:/,
    },
  ]
) {
  Deno.test(`loadModel() refuses a GGUF file ${what}`, async () => {
    await withCopy(change, async (path) => {
      await assert.rejects(loadModel(path), { name: "Error", message });
    });
  });
}

for (
  const { what, changed, message } of [
    {
      what: "another architecture",
      changed: withValue("qwen2", "general.architecture", "mamba"),
      message: /"model_type": Invalid option/,
    },
    {
      what: "an unknown rope scaling",
      changed: withValue("qwen2", "qwen2.rope.scaling.type", "yarn"),
      message: /rope_scaling\.rope_type/,
    },
    {
      what: "heads that are rotated in part",
      changed: withValue("qwen2", "qwen2.rope.dimension_count", 4),
      message: /all of their 8 entries must be rotated: "rope\.dimension_count" is 4$/,
    },
    {
      what: "no embedding",
      changed: header("qwen2", { tensors: new Map() }),
      message: /needs "token_embd\.weight": it is missing$/,
    },
  ]
) {
  Deno.test(`ggufConfig() refuses ${what}`, () => {
    assert.throws(() => ggufConfig(changed), { name: "TypeError", message });
  });
}

Deno.test("ggufConfig() refuses factors of rotations that are not Llama 3.1's", () => {
  assert.throws(() => ggufConfig(header("llama"), Float32Array.of(1, 1, 3, 32)), {
    name: "TypeError",
    message: /"rope_freqs\.weight" must be that of Llama 3\.1: it is another$/,
  });
});

for (
  const [key, value, message] of [
    ["tokenizer.ggml.model", "llama", /must be "gpt2" \(byte-level BPE\): it is "llama"$/],
    ["tokenizer.ggml.pre", "default", /must be gpt-2, smollm, qwen2, llama-bpe: it is "default"$/],
    ["tokenizer.chat_template", 1, /must hold "tokenizer\.chat_template": it does not$/],
  ] as const
) {
  Deno.test(`ggufTokenizer() refuses another ${key}`, () => {
    const { metadata } = withValue("qwen2", key, value);
    assert.throws(() => ggufTokenizer(metadata), { name: "TypeError", message });
  });
}
