import assert from "finestep/assert";
import fc from "fast-check";
import { chatTokens, type TokenizerConfig } from "../../src/models/chat_template.ts";
import type { ChatTokens } from "../../src/models/chat_tokens.ts";
import type { Message } from "../../src/trajectory/episode.ts";
import { tinyTokenizer } from "../tiny/model.ts";

const { json, config } = tinyTokenizer();
const CHAT = chatTokens(json, config);
const VOCABULARY = (json.model as { vocab: Record<string, number> }).vocab;
const id = (token: string) => VOCABULARY[token];

const QUESTION: Message = { role: "user", content: "How many?" };

/** Qwen's traits: a default system prompt, results of tools as the user's, earlier thoughts dropped. */
const QWEN = `
{%- if messages[0].role != 'system' %}{{- '<|user|>You are helpful.<|end|>\n' }}{%- endif %}
{%- for message in messages %}
  {%- if message.role == 'tool' %}
    {{- '<|user|><tool_response>\n' + message.content + '\n</tool_response><|end|>\n' }}
  {%- elif message.role == 'assistant' %}
    {{- '<|assistant|>\n' + message.content.split('</think>')[-1].lstrip('\n') + '<|end|>\n' }}
  {%- else %}{{- '<|user|>' + message.content + '<|end|>\n' }}{%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}
  {{- '<|assistant|>\n' }}
  {%- if enable_thinking is defined and enable_thinking is false %}
    {{- '<think>\n\n</think>\n\n' }}
  {%- endif %}
{%- endif %}`;

/** Llama's traits: a beginning of its own, today's date, content trimmed, results of tools as JSON. */
const LLAMA = `
{%- if strftime_now is defined %}{%- set today = strftime_now('%d %b %Y') %}{%- endif %}
{{- bos_token + 'Today: ' + today }}
{%- for message in messages %}
  {{- '<|' + message.role + '|>\n\n' }}
  {%- if message.role == 'tool' and message.content is iterable %}{{- message.content | tojson }}
  {%- else %}{{- message.content | trim }}{%- endif %}
  {{- '<|end|>' }}
{%- endfor %}
{%- if add_generation_prompt %}{{- '<|assistant|>\n\n' }}{%- endif %}`;

/** Refuses or leaves out what is neither the user's nor the assistant's, as templates without tools do. */
const ALTERNATING = `
{%- for message in messages %}
  {%- if (message.role == 'user') != (loop.index0 % 2 == 0) %}
    {{- raise_exception('roles must alternate') }}
  {%- endif %}
  {{- '<|' + message.role + '|>' + message.content + '<|end|>' }}
{%- endfor %}
{%- if add_generation_prompt %}{{- '<|assistant|>' }}{%- endif %}`;
const DEAF = `
{%- for message in messages if message.role != 'tool' %}
  {{- '<|' + message.role + '|>' + message.content + '<|end|>' }}
{%- endfor %}
{%- if add_generation_prompt %}{{- '<|assistant|>' }}{%- endif %}`;

function withTemplate(chat_template: TokenizerConfig["chat_template"]): TokenizerConfig {
  return { ...config, chat_template, bos_token: { content: "<begin>" } };
}

/** The tokens of an episode, as a policy records them. */
function episodeIds(chat: ChatTokens, turns: readonly { said: string; told: string }[]): number[] {
  return turns.reduce(
    (ids, { said, told }) => [
      ...ids,
      ...chat.encode(said),
      chat.endOfTurn,
      ...chat.observation(told),
    ],
    chat.prompt([QUESTION]),
  );
}

function messagesOf(turns: readonly { said: string; told: string }[]): Message[] {
  return [
    QUESTION,
    ...turns.flatMap(({ said, told }): Message[] => [
      { role: "assistant", content: said },
      { role: "tool", content: told },
    ]),
  ];
}

Deno.test("ChatTokens.prompt() ends where the assistant begins to speak", () => {
  const ids = CHAT.prompt([QUESTION]);
  assert.equal(ids[0], id("<|user|>"));
  assert.deepEqual(ids.slice(-2), [id("<|end|>"), id("<|assistant|>")]);
  assert.equal(CHAT.decode(ids), "<|user|>How many?<|end|><|assistant|>");
});

// Said texts begin and end with a letter, as trimming and line breaks would join other tokens.
const TEXT = fc.string({ unit: "grapheme" });
const TURNS = fc.array(
  fc.record({ said: TEXT.map((text) => `a${text}z`), told: TEXT }),
  { minLength: 1, maxLength: 3 },
);

for (
  const [name, chat] of [
    ["the tiny model's", CHAT],
    ["Llama's", chatTokens(json, withTemplate(LLAMA))],
    ["an alternating", chatTokens(json, withTemplate(ALTERNATING), { toolResults: "user" })],
  ] as const
) {
  Deno.test(`ChatTokens joins prompt, messages and observations to the whole chat's tokens, by ${name} template`, () => {
    fc.assert(fc.property(TURNS, (turns) => {
      assert.deepEqual(episodeIds(chat, turns), chat.prompt(messagesOf(turns)));
    }));
  });
}

Deno.test("ChatTokens.observation() keeps what a template with thoughts shows of a result", () => {
  const chat = chatTokens(json, withTemplate(QWEN));
  assert.equal(
    chat.decode(chat.prompt([QUESTION])),
    "<|user|>You are helpful.<|end|>\n<|user|>How many?<|end|>\n<|assistant|>\n<think>\n\n</think>\n\n",
  );
  assert.equal(
    chat.decode(chat.observation("n\n5")),
    "\n<|user|><tool_response>\nn\n5\n</tool_response><|end|>\n<|assistant|>\n<think>\n\n</think>\n\n",
  );
});

Deno.test("ChatTokens.prompt() has the beginning and the fixed date that a template asks for", () => {
  const chat = chatTokens(json, withTemplate(LLAMA));
  assert.equal(
    chat.decode(chat.prompt([QUESTION])),
    "<begin>Today: 26 Jul 2024<|user|>\n\nHow many?<|end|><|assistant|>\n\n",
  );
  assert.equal(
    chat.decode(chat.observation("n\n5")),
    '<|tool|>\n\n"n\\n5"<|end|><|assistant|>\n\n',
  );
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

Deno.test("ChatTokens.encode() splits the digits of all scripts where digits are split", () => {
  // "٣" is two bytes, whose letters are "Ù" and "£".
  const { vocab, merges } = json.model as { vocab: object; merges: unknown[] };
  const model = {
    ...json.model as object,
    vocab: { ...vocab, "Ù£": 1000, "Ù£Ù£": 1001 },
    merges: [...merges, "Ù £", "Ù£ Ù£"],
  };
  const encoded = (individual_digits: boolean) => {
    const digits = { type: "Digits", individual_digits };
    const pre_tokenizer = { type: "Sequence", pretokenizers: [digits, json.pre_tokenizer] };
    return chatTokens({ ...json, model, pre_tokenizer }, config).encode("a٣٣");
  };
  assert.deepEqual(encoded(true), [id("a"), 1000, 1000]);
  assert.deepEqual(encoded(false), [id("a"), 1001]);
});

Deno.test("ChatTokens.encode() knows the tokens that only tokenizer_config.json has", () => {
  const added_tokens_decoder = {
    [id("<|end|>")]: { content: "<|end|>", special: true },
    2000: { content: "<|more|>", special: true },
  };
  const chat = chatTokens(json, { ...config, added_tokens_decoder });
  assert.deepEqual(chat.encode("<|more|><|end|>"), [2000, id("<|end|>")]);
});

Deno.test("ChatTokens.vocabSize has room for the highest id, also where ids have gaps", () => {
  assert.equal(CHAT.vocabSize, Object.keys(VOCABULARY).length);
  const model = { ...json.model as object, vocab: { ...VOCABULARY, far: 999 } };
  assert.equal(chatTokens({ ...json, model }, config).vocabSize, 1000);
});

Deno.test("ChatTokens.endsTurn has the template's token, eos_token and those of generation_config.json", () => {
  const chat = chatTokens(json, { ...config, eos_token: { content: "<|user|>" } }, {
    endTokens: [id("<|tool|>")],
  });
  assert.equal(chat.endOfTurn, id("<|end|>"));
  assert.deepEqual(chat.endsTurn, new Set(["<|end|>", "<|user|>", "<|tool|>"].map(id)));
});

Deno.test("chatTokens() takes the default of several templates", () => {
  const named = [
    { name: "tool_use", template: "never" },
    { name: "default", template: config.chat_template as string },
  ];
  const ids = chatTokens(json, withTemplate(named)).prompt([QUESTION]);
  assert.deepEqual(ids, CHAT.prompt([QUESTION]));
});

Deno.test("chatTokens() refuses an end-of-turn token that is not in the vocabulary", () => {
  assert.throws(() => chatTokens(json, { ...config, eos_token: "<|stop|>" }), {
    name: "RangeError",
    message: /end-of-turn token must be in the vocabulary: "<\|stop\|>" is not$/,
  });
});

for (
  const [what, template, message] of [
    ["is not Jinja", "{% for %}", /must render a chat: Unexpected token/],
    ["refuses every chat", "{{ raise_exception('not today') }}", /must render a chat: not today$/],
    [
      "refuses tool results",
      ALTERNATING,
      /must have messages of role "tool": roles must alternate; "--tool-results user" shows them/,
    ],
    ["leaves tool results out", DEAF, /must have messages of role "tool": it leaves them out; /],
    ["leaves out what is said", "a chat", /must write what the assistant says: it leaves it out$/],
    [
      "ends messages with no token of its own",
      "{% for m in messages %}{{ m.content }}\n{% endfor %}",
      /a special token must end an assistant message: found "\\n/,
    ],
    [
      "has no default among several",
      [{ name: "rag", template: "" }],
      /one must be named "default": they are rag$/,
    ],
  ] as const
) {
  Deno.test(`chatTokens() refuses a template that ${what}`, () => {
    assert.throws(() => chatTokens(json, withTemplate(template)), { name: "RangeError", message });
  });
}
