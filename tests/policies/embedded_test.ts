import assert from "finestep/assert";
import type { Decoder, SlotToken } from "../../src/models/decoder.ts";
import { EmbeddedPolicy, type EmbeddedPolicyOptions } from "../../src/policies/embedded.ts";
import type { Conversation } from "../../src/policies/policy.ts";
import type { Message, Tokens } from "../../src/trajectory/episode.ts";
import { makeBatch } from "../../src/trajectory/batch.ts";
import { plainChat, tinyConfig, tinyEngine } from "../engines/engine_fixtures.ts";

const VOCABULARY = 24;
const CONTEXT = { exampleId: "e" };

/** Logits that depend on the whole context, and a log of what was asked. */
class HashDecoder implements Decoder {
  readonly vocabSize = VOCABULARY;
  readonly slots: number[][] = [];
  readonly prefills: number[][] = [];
  readonly extensions: number[][] = [];
  decodes = 0;
  widest = 0;
  /** Greedy choices to make before the hash decides. */
  readonly script: number[] = [];

  constructor(readonly maxLength = 100) {}

  prefill(ids: readonly number[]): Promise<Float32Array> {
    this.prefills.push([...ids]);
    this.slots.push([...ids]);
    return Promise.resolve(this.#logits(ids));
  }

  fork(slot: number, length: number): void {
    this.slots.push(this.slots[slot].slice(0, length));
  }

  extend(slot: number, ids: readonly number[]): Promise<Float32Array> {
    this.extensions.push([...ids]);
    this.slots[slot].push(...ids);
    return Promise.resolve(this.#logits(this.slots[slot]));
  }

  decode(tokens: readonly (SlotToken | null)[]): Promise<Float32Array> {
    assert.equal(tokens.length, this.slots.length);
    this.decodes++;
    this.widest = Math.max(this.widest, tokens.length);
    const result = new Float32Array(tokens.length * VOCABULARY);
    tokens.forEach((token, slot) => {
      if (!token) return;
      assert.equal(token.position, this.slots[slot].length);
      this.slots[slot].push(token.token);
      result.set(this.#logits(this.slots[slot]), slot * VOCABULARY);
    });
    return Promise.resolve(result);
  }

  free(slot: number): void {
    const last = this.slots.pop()!;
    if (slot < this.slots.length) this.slots[slot] = last;
  }

  #logits(ids: readonly number[]): Float32Array {
    const logits = Float32Array.from(
      { length: VOCABULARY },
      (_, v) => ids.reduce((hash, id) => (hash * 31 + id * 7 + v * v) % 97, v) / 30,
    );
    const scripted = this.script.shift();
    if (scripted !== undefined) logits[scripted] = 12;
    return logits;
  }
}

function policyOf(decoder: Decoder, changes: Partial<EmbeddedPolicyOptions> = {}): EmbeddedPolicy {
  return new EmbeddedPolicy({
    name: "test",
    decoder,
    chat: plainChat(VOCABULARY),
    sampling: { temperature: 1, maxTurnTokens: 12 },
    slots: 64,
    ...changes,
  });
}

function prompt(content: string): Message[] {
  return [{ role: "user", content }];
}

/** Plays a whole episode of up to three turns, with waits between them as a tool would make. */
async function played(policy: EmbeddedPolicy, seed: number, content = "4 5"): Promise<Episode> {
  const conversation = policy.start(prompt(content), { ...CONTEXT, seed });
  const texts: string[] = [];
  for (let turn = 0; turn < 3; turn++) {
    const { text, finish } = await conversation.act();
    texts.push(text);
    if (finish === "context") break;
    if (turn === 2) break;
    for (let i = 0; i < seed % 4; i++) await Promise.resolve();
    conversation.observe(`6 ${seed % VOCABULARY}`);
  }
  return { texts, tokens: conversation.close()! };
}

interface Episode {
  readonly texts: string[];
  readonly tokens: Tokens;
}

function greedy(decoder: HashDecoder, ...script: number[]): Conversation {
  decoder.script.push(...script);
  const sampling = { temperature: 0, maxTurnTokens: 4 };
  return policyOf(decoder, { sampling }).start(prompt("4"), { ...CONTEXT, seed: 1 });
}

Deno.test("EmbeddedConversation.act() records each token with who chose it, and its step", async () => {
  const decoder = new HashDecoder();
  const conversation = greedy(decoder, 8, 9, 1);
  assert.deepEqual(await conversation.act(), { text: "8 9", finish: "stop" });
  conversation.observe("7");
  decoder.script.push(1);
  assert.deepEqual(await conversation.act(), { text: "", finish: "stop" });
  const tokens = conversation.close()!;
  assert.deepEqual([...tokens.ids], [2, 4, 3, 8, 9, 1, 2, 7, 3, 1]);
  assert.deepEqual([...tokens.actionMask], [0, 0, 0, 1, 1, 1, 0, 0, 0, 1]);
  assert.deepEqual([...tokens.stepOf], [-1, -1, -1, 0, 0, 0, -1, -1, -1, 1]);
  tokens.sampledLogprobs.forEach((logprob, t) =>
    assert.equal(logprob !== 0, tokens.actionMask[t] === 1)
  );
});

Deno.test("EmbeddedConversation.act() cuts a long message and ends it for the policy", async () => {
  const conversation = greedy(new HashDecoder(), 8, 9, 8, 9);
  assert.deepEqual(await conversation.act(), { text: "8 9 8 9", finish: "length" });
  const tokens = conversation.close()!;
  assert.deepEqual([...tokens.ids.slice(3)], [8, 9, 8, 9, 1]);
  assert.deepEqual([...tokens.actionMask.slice(3)], [1, 1, 1, 1, 0]);
});

Deno.test("EmbeddedConversation.act() stops where the context is full", async () => {
  const conversation = greedy(new HashDecoder(5), 8, 9);
  assert.deepEqual(await conversation.act(), { text: "8 9", finish: "context" });
  assert.deepEqual(await conversation.act(), { text: "", finish: "context" });
  assert.equal(conversation.close()!.ids.length, 5);
});

Deno.test("EmbeddedConversation.observe() of a result too long to answer ends the conversation", async () => {
  const conversation = greedy(new HashDecoder(10), 8, 1);
  await conversation.act();
  conversation.observe("4 5 6");
  assert.deepEqual(await conversation.act(), { text: "", finish: "context" });
  assert.deepEqual([...conversation.close()!.ids], [2, 4, 3, 8, 1]);
});

Deno.test("EmbeddedPolicy takes a prompt that fills the context as a full context", async () => {
  const decoder = new HashDecoder(3);
  const conversation = greedy(decoder);
  assert.deepEqual(await conversation.act(), { text: "", finish: "context" });
  assert.equal(conversation.close()!.ids.length, 3);
  assert.equal(decoder.prefills.length, 0);
});

Deno.test("EmbeddedPolicy gives the same episode alone, in company and in few slots", async () => {
  const alone = await played(policyOf(new HashDecoder()), 7);
  for (const slots of [64, 3, 1]) {
    const decoder = new HashDecoder();
    const policy = policyOf(decoder, { slots });
    const seeds = [3, 7, 12, 9, 20, 31, 5];
    const episodes = await Promise.all(
      seeds.map((seed) => played(policy, seed, seed % 3 === 1 ? "4 5" : `${seed % 24}`)),
    );
    assert.deepEqual(episodes[1], alone);
    assert.ok(decoder.widest <= slots);
    assert.equal(decoder.slots.length, 0);
  }
});

Deno.test("EmbeddedPolicy gives different episodes to different seeds", async () => {
  const policy = policyOf(new HashDecoder());
  const [one, two] = await Promise.all([played(policy, 1), played(policy, 2)]);
  assert.notDeepEqual(one.texts, two.texts);
});

Deno.test("EmbeddedPolicy runs a group's prompt once", async () => {
  const decoder = new HashDecoder();
  const policy = policyOf(decoder);
  await Promise.all([1, 2, 3, 4, 5].map((seed) => played(policy, seed, seed < 4 ? "4 5" : "9")));
  assert.deepEqual(decoder.prefills, [[2, 4, 5, 3], [2, 9, 3]]);
});

Deno.test("EmbeddedPolicy runs a result at once, behind the token that ended the turn", async () => {
  const decoder = new HashDecoder();
  const conversation = greedy(decoder, 8, 9, 1);
  await conversation.act();
  conversation.observe("7 6");
  decoder.script.push(5, 1);
  await conversation.act();
  assert.deepEqual(decoder.extensions, [[1, 2, 7, 6, 3]]);
  assert.equal(decoder.decodes, 3);
  conversation.close();
});

Deno.test("EmbeddedPolicy lets one conversation act while another rests", async () => {
  const policy = policyOf(new HashDecoder(), { slots: 2 });
  const [a, b] = [1, 2].map((seed) => policy.start(prompt("4"), { ...CONTEXT, seed }));
  await a.act();
  await b.act();
  a.observe("5");
  await a.act();
  assert.ok(a.close() && b.close());
});

Deno.test("EmbeddedConversation.act() fails for the one who is closed, not for the others", async () => {
  const policy = policyOf(new HashDecoder());
  const [a, b] = [1, 2].map((seed) => policy.start(prompt("4"), { ...CONTEXT, seed }));
  const [acting, other] = [a.act(), b.act()];
  const refused = assert.rejects(acting, /must be open: it was closed/);
  await assert.rejects(a.act(), /at rest: it is acting/);
  a.close();
  await refused;
  assert.ok((await other).finish);
  await assert.rejects(a.act(), /at rest: it is closed/);
});

Deno.test("EmbeddedConversation.act() throws what the decoder throws, and can be tried again", async () => {
  const decoder = new HashDecoder();
  const prefill = decoder.prefill;
  decoder.prefill = () => Promise.reject(new Error("out of memory"));
  const conversation = policyOf(decoder).start(prompt("4"), { ...CONTEXT, seed: 1 });
  await assert.rejects(conversation.act(), /out of memory/);
  decoder.prefill = prefill;
  assert.ok((await conversation.act()).text);
});

Deno.test("EmbeddedPolicy refuses to have no slot", () => {
  assert.throws(() => policyOf(new HashDecoder(), { slots: 0 }), RangeError);
});

Deno.test("OnnxEngine.policy() gives the same bits alone and in company", async () => {
  await using engine = await tinyEngine();
  const policy = () => engine.policy({ temperature: 1, maxTurnTokens: 40 }) as EmbeddedPolicy;
  const alone = await played(policy(), 7);
  const busy = policy();
  const episodes = await Promise.all(
    Array.from({ length: 21 }, (_, seed) => played(busy, seed, seed === 7 ? "4 5" : `${seed}`)),
  );
  assert.deepEqual(episodes[7], alone);
});

Deno.test("OnnxEngine.policy() records the logprobs that the engine computes again", async () => {
  await using engine = await tinyEngine();
  for (const temperature of [1, 0]) {
    const policy = engine.policy({ temperature, maxTurnTokens: 30 }) as EmbeddedPolicy;
    const episodes = await Promise.all([1, 2, 3, 4].map((seed) => played(policy, seed)));
    const batch = makeBatch(episodes.map(({ tokens }) => ({
      tokens,
      advantages: new Float64Array(tokens.ids.length),
    })));
    const logprobs = await engine.logprobs(batch);
    let chosen = 0;
    logprobs.forEach((logprob, t) => {
      if (batch.actionMask[t] === 0) return;
      chosen++;
      assert.ok(Math.abs(logprob - batch.sampledLogprobs[t]) < 1e-4, `token ${t}`);
    });
    assert.ok(chosen > 20);
  }
});

Deno.test("OnnxEngine.policy() sees later updates of the weights", async () => {
  const config = tinyConfig();
  await using engine = await tinyEngine({ config });
  const policy = engine.policy({ temperature: 0, maxTurnTokens: 8 });
  const said = async () => {
    const conversation = policy.start(prompt("4 5"), { ...CONTEXT, seed: 1 });
    const { text } = await conversation.act();
    return { text, tokens: conversation.close()! };
  };
  const before = await said();
  const batch = makeBatch([{
    tokens: before.tokens,
    advantages: new Float64Array(before.tokens.ids.length),
  }]);
  for (let i = 0; i < 5; i++) {
    await engine.update(batch, (logprobs) => ({
      loss: 0,
      gradient: logprobs.map((_, t) => batch.actionMask[t]),
      metrics: {},
    }), 0.05);
  }
  assert.notEqual((await said()).text, before.text);
});
