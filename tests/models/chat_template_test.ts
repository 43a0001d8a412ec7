import assert from "node:assert/strict";
import { chatTokens, checkChatTemplate } from "../../src/models/chat_template.ts";
import type { Message } from "../../src/trajectory/episode.ts";
import { tinyTokenizer } from "../tiny/model.ts";

const { json, config } = tinyTokenizer();
const CHAT = chatTokens(json, config);
const VOCABULARY = (json.model as { vocab: Record<string, number> }).vocab;
const id = (token: string) => VOCABULARY[token];

const QUESTION: Message = { role: "user", content: "How many?" };

Deno.test("ChatTokens.prompt() ends where the assistant begins to speak", () => {
  const ids = CHAT.prompt([QUESTION]);
  assert.equal(ids[0], id("<|user|>"));
  assert.deepEqual(ids.slice(-2), [id("<|end|>"), id("<|assistant|>")]);
  assert.equal(CHAT.decode(ids), "<|user|>How many?<|end|><|assistant|>");
});

Deno.test("ChatTokens joins prompt, message and observation to the whole chat's tokens", () => {
  const said = "<reasoning>Zoë 日本</reasoning>";
  const whole = CHAT.prompt([
    QUESTION,
    { role: "assistant", content: said },
    { role: "tool", content: "n\n5" },
  ]);
  const pieces = [
    ...CHAT.prompt([QUESTION]),
    ...CHAT.encode(said),
    CHAT.endOfTurn,
    ...CHAT.observation("n\n5"),
  ];
  assert.deepEqual(pieces, whole);
});

Deno.test("ChatTokens.decode() gives back what encode() was given, byte for byte", () => {
  for (
    const text of ["", " ", "\n\n", "a  b\t", "Zoë 日本 🙂", "SELECT 'it''s' -- x", " , . don 't"]
  ) {
    assert.equal(CHAT.decode(CHAT.encode(text)), text);
  }
});

Deno.test("ChatTokens.decode() of half a character does not throw", () => {
  const [first] = CHAT.encode("日");
  assert.equal(CHAT.decode([first]), "\uFFFD");
});

Deno.test("ChatTokens.encode() takes a phrase that is one token as one token", () => {
  assert.deepEqual(CHAT.encode("<reasoning>"), [id("<reasoning>")]);
});

Deno.test("ChatTokens.vocabSize has room for the highest id, also where ids have gaps", () => {
  assert.equal(CHAT.vocabSize, Object.keys(VOCABULARY).length);
  const model = { ...json.model as object, vocab: { ...VOCABULARY, far: 999 } };
  assert.equal(chatTokens({ ...json, model }, config).vocabSize, 1000);
});

Deno.test("chatTokens() refuses an end-of-turn token that is not in the vocabulary", () => {
  const chat_template = config.chat_template.replaceAll("<|end|>", "<|stop|>");
  assert.throws(() => chatTokens(json, { ...config, chat_template, eos_token: "<|stop|>" }), {
    name: "RangeError",
    message: /end-of-turn token must be in the vocabulary: "<\|stop\|>" is not$/,
  });
});

for (
  const [what, template, message] of [
    ["is not Jinja", "{% for %}", /must render a chat: Unexpected token/],
    [
      "refuses tool results",
      "{% for m in messages %}{% if m.role == 'tool' %}{{ raise_exception('no tools') }}" +
      "{% endif %}{{ m.content }}<|end|>{% endfor %}",
      /must render a chat: no tools$/,
    ],
    [
      "ends messages otherwise",
      "{% for m in messages %}{{ m.content }}\n{% endfor %}",
      /"<\|end\|>" must end an assistant message: found "\\n/,
    ],
  ] as const
) {
  Deno.test(`checkChatTemplate() refuses a template that ${what}`, () => {
    const broken = { ...config, chat_template: template };
    assert.throws(() => checkChatTemplate(broken), { name: "RangeError", message });
    assert.throws(() => chatTokens(json, broken), { name: "RangeError", message });
  });
}
