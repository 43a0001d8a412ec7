import assert from "finestep/assert";
import { createHash } from "node:crypto";
import fc from "fast-check";
import { openModel } from "../../src/models/model_folder.ts";
import type { Message } from "../../src/trajectory/episode.ts";
import golden from "../../fixtures/golden/gguf/smollm2_ids.json" with { type: "json" };

// transformers: AutoModelForCausalLM.from_pretrained(folder, gguf_file=...).state_dict(), each tensor's
// name and floats in the order of the names.
const WEIGHTS_SHA256 = "785e20b3e653276b0579b744214a1186d730ba80af04f397f642d6432e5e0154";

const path = Deno.env.get("FINESTEP_SMOLLM2");
if (path === undefined) {
  console.info("Skipped: the files of SmolLM2-135M-Instruct, whose GGUF FINESTEP_SMOLLM2 names");
} else {
  const { chat, readWeights } = await openModel(path);

  Deno.test("openModel() reads SmolLM2's tokenizer as llama.cpp does", () => {
    for (const { text, ids } of golden) assert.deepEqual(chat.encode(text), ids, text);
  });

  Deno.test("openModel() reads SmolLM2's weights to the bits that transformers has", async () => {
    const weights = await readWeights();
    const hash = createHash("sha256");
    for (const name of [...weights.keys()].sort()) {
      const { data } = weights.get(name)!;
      hash.update(name).update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    }
    assert.equal(hash.digest("hex"), WEIGHTS_SHA256);
  });

  Deno.test("SmolLM2's episodes have the tokens of the whole chat", () => {
    const text = fc.string({ unit: "grapheme" });
    const turn = fc.record({ said: text.map((said) => `a${said}z`), told: text });
    fc.assert(
      fc.property(fc.array(turn, { minLength: 1, maxLength: 3 }), (turns) => {
        const question: Message = { role: "user", content: "How many?" };
        const ids = turns.reduce((all, { said, told }) => [
          ...all,
          ...chat.encode(said),
          chat.endOfTurn,
          ...chat.observation(told),
        ], chat.prompt([question]));
        const messages = turns.flatMap(({ said, told }): Message[] => [
          { role: "assistant", content: said },
          { role: "tool", content: told },
        ]);
        assert.deepEqual(ids, chat.prompt([question, ...messages]));
      }),
    );
  });
}
