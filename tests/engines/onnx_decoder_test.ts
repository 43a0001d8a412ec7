import assert from "finestep/assert";
import { contextFeeds } from "../../src/engines/context.ts";
import { OnnxDecoder } from "../../src/engines/onnx_decoder.ts";
import { OnnxNetwork } from "../../src/engines/onnx_network.ts";
import type { ArrayFeeds, Network } from "../../src/engines/network.ts";
import type { Sizes } from "../../src/models/graph/tensor.ts";
import { initialAdapters, type Lora } from "../../src/models/lora.ts";
import { livelyWeights, tinyConfig } from "./engine_fixtures.ts";

// Longer than 128 tokens, so that the caches grow on the way.
const CONFIG = tinyConfig({ max_position_embeddings: 320 });
const VOCABULARY = 24;
const IDS = Array.from({ length: 150 }, (_, i) => (i * 5 + i * i) % VOCABULARY);
const OTHER = Array.from({ length: 70 }, (_, i) => (i * 11) % VOCABULARY);
/** Rounding of two ways to compute a logit in 32-bit floats. */
const TOLERANCE = 1e-4;

function tinyNetwork(config = CONFIG) {
  return new OnnxNetwork({ config, lora: null }, livelyWeights(config, 5), { threads: 2 });
}

/** Logprobs of all tokens after each of `ids` from `promptLength` on, by the graph of training. */
async function fullLogprobs(
  network: OnnxNetwork,
  ids: readonly number[],
  promptLength: number,
): Promise<Float32Array[]> {
  const length = ids.length;
  const count = length - promptLength + 1;
  const rows = count * VOCABULARY;
  const { logprobs } = await network.run("logprobs", { batch: 1, length, rows }, {
    ids: Int32Array.from(ids),
    positions: Int32Array.from(
      { length: rows },
      (_, row) => promptLength - 1 + Math.floor(row / VOCABULARY),
    ),
    targets: Int32Array.from({ length: rows }, (_, row) => row % VOCABULARY),
    ...contextFeeds(
      { batch: 1, length, rows: [{ shared: length, branches: [] }] },
      network.rotary,
      network.config,
    ),
  });
  return Array.from(
    { length: count },
    (_, row) => logprobs.slice(row * VOCABULARY, (row + 1) * VOCABULARY),
  );
}

/** Asserts that logits are those of logprobs but for a common summand. */
function assertLogits(logits: Float32Array, logprobs: Float32Array): void {
  assert.equal(logits.length, VOCABULARY);
  const summand = logits[0] - logprobs[0];
  logits.forEach((logit, v) => {
    const difference = Math.abs(logit - logprobs[v] - summand);
    assert.ok(difference < TOLERANCE, `token ${v} differs by ${difference}`);
  });
}

/** Logits of `IDS` given one by one in a slot, with `others` conversations in slots before it. */
async function decodedLogits(
  network: OnnxNetwork,
  { promptLength, others, before = OTHER }: {
    promptLength: number;
    others: number;
    before?: number[];
  },
): Promise<Float32Array[]> {
  const decoder = new OnnxDecoder(network);
  for (let slot = 0; slot < others; slot++) await decoder.prefill(before.slice(slot));
  const result = [await decoder.prefill(IDS.slice(0, promptLength))];
  for (let position = promptLength; position < IDS.length; position++) {
    const step = position - promptLength;
    const beside = Array.from({ length: others }, (_, slot) => ({
      token: (step + slot) % VOCABULARY,
      position: before.length - slot + step,
    }));
    const logits = await decoder.decode([...beside, { token: IDS[position], position }]);
    result.push(logits.slice(others * VOCABULARY));
  }
  return result;
}

Deno.test("OnnxDecoder.decode() gives the logits of the full forward pass", async () => {
  await using network = tinyNetwork();
  const full = await fullLogprobs(network, IDS, 10);
  const decoded = await decodedLogits(network, { promptLength: 10, others: 0 });
  assert.equal(decoded.length, full.length);
  decoded.forEach((logits, i) => assertLogits(logits, full[i]));
});

/** Three heads make sizes that are no multiple of a vector register's. */
const THREE_HEADS = { hidden_size: 48, num_attention_heads: 3, num_key_value_heads: 1 };

for (const [heads, keyHeads] of [[4, 2], [4, 4], [3, 1]]) {
  Deno.test(`OnnxDecoder.decode() gives each slot the same bits whatever the others hold, with ${heads} heads on ${keyHeads}`, async () => {
    const config = tinyConfig({
      max_position_embeddings: 320,
      hidden_size: 4 * heads,
      num_attention_heads: heads,
      num_key_value_heads: keyHeads,
    });
    await using network = tinyNetwork(config);
    const logits = (others: number, before?: number[]) =>
      decodedLogits(network, { promptLength: 10, others, before });
    const alone = await logits(0);
    assert.deepEqual(await logits(3), alone);
    assert.deepEqual(await logits(20), alone);
    assert.deepEqual(await logits(9, [...IDS, ...IDS].slice(0, 140)), alone);
  });
}

Deno.test("OnnxDecoder.decode() gives a slot the same bits however many share its prompt", async () => {
  await using network = tinyNetwork(tinyConfig({ max_position_embeddings: 320, ...THREE_HEADS }));
  const logits = async (sharers: number, others: number) => {
    const decoder = new OnnxDecoder(network);
    for (let slot = 0; slot < others; slot++) await decoder.prefill(OTHER.slice(slot));
    await decoder.prefill(IDS);
    for (let n = 0; n < sharers; n++) decoder.fork(others, IDS.length);
    const last = others + sharers;
    const result = [];
    for (let step = 0; step < 100; step++) {
      const tokens = Array.from({ length: last + 1 }, (_, slot) => ({
        token: (slot === last ? step : slot + step) % VOCABULARY,
        position: (slot < others ? OTHER.length - slot : IDS.length) + step,
      }));
      result.push((await decoder.decode(tokens)).slice(last * VOCABULARY));
    }
    return result;
  };
  const alone = await logits(0, 0);
  for (const [sharers, others] of [[1, 0], [6, 0], [2, 3]]) {
    assert.deepEqual(await logits(sharers, others), alone);
  }
});

Deno.test("OnnxDecoder.extend() gives the logits of the full forward pass, and decode() goes on", async () => {
  await using network = tinyNetwork();
  const full = await fullLogprobs(network, IDS, 1);
  const decoder = new OnnxDecoder(network);
  await decoder.prefill(OTHER);
  assertLogits(await decoder.prefill(IDS.slice(0, 20)), full[19]);
  assertLogits(await decoder.extend(1, IDS.slice(20, 22)), full[21]);
  const next = await decoder.decode([null, { token: IDS[22], position: 22 }]);
  assertLogits(next.slice(VOCABULARY), full[22]);
  assertLogits(await decoder.extend(1, IDS.slice(23, 149)), full[148]);
  const last = await decoder.decode([null, { token: IDS[149], position: 149 }]);
  assertLogits(last.slice(VOCABULARY), full[149]);
});

Deno.test("OnnxDecoder.extend() gives the same bits whatever the others hold", async () => {
  await using network = tinyNetwork();
  const logits = async (before: readonly number[][]) => {
    const decoder = new OnnxDecoder(network);
    for (const ids of before) {
      await decoder.prefill(ids);
      await decoder.extend(0, ids);
    }
    const slot = before.length;
    await decoder.prefill(IDS.slice(0, 20));
    const extended = await decoder.extend(slot, IDS.slice(20, 60));
    const tokens = [...before.map(() => null), { token: 3, position: 60 }];
    return [extended, (await decoder.decode(tokens)).slice(slot * VOCABULARY)];
  };
  assert.deepEqual(await logits([OTHER, IDS]), await logits([]));
});

Deno.test("OnnxDecoder runs prompts and results longer than a chunk of 512 tokens", async () => {
  await using network = tinyNetwork(tinyConfig({ max_position_embeddings: 1400 }));
  const ids = Array.from({ length: 1310 }, (_, i) => (i * i + 3 * i) % VOCABULARY);
  const full = await fullLogprobs(network, ids, 1);
  const decoder = new OnnxDecoder(network);
  assertLogits(await decoder.prefill(ids.slice(0, 700)), full[699]);
  assertLogits(await decoder.extend(0, ids.slice(700, 1300)), full[1299]);
  assertLogits(await decoder.decode([{ token: ids[1300], position: 1300 }]), full[1300]);
});

Deno.test("OnnxDecoder.prefill() runs what another prompt began with once, to the same bits", async () => {
  const config = tinyConfig({ max_position_embeddings: 1200 });
  await using network = tinyNetwork(config);
  const ran: number[] = [];
  const counting = {
    ...{ config, rotary: network.rotary },
    run(graph: "extension", sizes: Sizes, feeds: ArrayFeeds) {
      ran.push(feeds.ids.length);
      return network.run(graph, sizes, feeds);
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
  const long = Array.from({ length: 1100 }, (_, i) => (i * 5 + i * i) % VOCABULARY);
  // Alike for 1,060 tokens, of which two chunks of 512 are taken over.
  const alike = long.map((id, i) => i < 1060 ? id : (id + 1) % VOCABULARY);
  const decoder = new OnnxDecoder(counting as unknown as Network);
  await decoder.prefill(long);
  await decoder.prefill(OTHER);
  ran.length = 0;
  const logits = [await decoder.prefill(alike), await decoder.prefill(long.slice(0, 1024))];
  assert.deepEqual(ran, [76, 512]);
  decoder.free(0);
  logits.push(await decoder.prefill(alike));
  const fresh = new OnnxDecoder(network);
  assert.deepEqual(logits[0], await fresh.prefill(alike));
  assert.deepEqual(logits[1], await new OnnxDecoder(network).prefill(long.slice(0, 1024)));
  assert.deepEqual(logits[2], logits[0]);
});

Deno.test("OnnxDecoder.fork() goes on from another slot's prompt after that slot went on", async () => {
  await using network = tinyNetwork();
  const decoder = new OnnxDecoder(network);
  await decoder.prefill(OTHER);
  const first = await decoder.decode([{ token: 3, position: 70 }]);
  const second = await decoder.decode([{ token: 9, position: 71 }]);
  decoder.fork(0, OTHER.length);
  assert.deepEqual(
    (await decoder.decode([null, { token: 3, position: 70 }])).slice(VOCABULARY),
    first,
  );
  // What the slot added to its prompt may be taken over as well.
  decoder.fork(0, OTHER.length + 1);
  const logits = await decoder.decode([null, null, { token: 9, position: 71 }]);
  assert.deepEqual(logits.slice(2 * VOCABULARY), second);
  assert.throws(() => decoder.fork(0, OTHER.length - 1), /Cannot fork 69 tokens/);
});

Deno.test("OnnxDecoder.free() moves the last slot into the gap, and keeps prompts in use", async () => {
  await using network = tinyNetwork();
  const decoder = new OnnxDecoder(network);
  await decoder.prefill(IDS);
  await decoder.prefill(OTHER);
  decoder.fork(0, IDS.length);
  const expected = await decoder.decode([
    null,
    { token: 3, position: 70 },
    { token: 4, position: 150 },
  ]);
  const [other, forked] = [1, 2].map((slot) =>
    expected.slice(slot * VOCABULARY, (slot + 1) * VOCABULARY)
  );
  decoder.free(0);
  // The forked slot is the first now, and still has its prompt.
  const kept = await decoder.decode([{ token: 3, position: 151 }, null]);
  assert.ok(kept.slice(0, VOCABULARY).every(Number.isFinite));
  decoder.free(0);
  // Now the other slot is the only one, and its prompt the only prompt.
  const again = new OnnxDecoder(network);
  await again.prefill(OTHER);
  await again.decode([{ token: 3, position: 70 }]);
  assert.deepEqual(
    await decoder.decode([{ token: 5, position: 71 }]),
    await again.decode([{ token: 5, position: 71 }]),
  );
  assert.notDeepEqual(other, forked);
});

Deno.test("OnnxDecoder.prefill() of a short prompt keeps all of a longer slot", async () => {
  await using network = tinyNetwork();
  const decode = async (interrupted: boolean) => {
    const decoder = new OnnxDecoder(network);
    await decoder.prefill(IDS.slice(0, 10));
    for (let position = 10; position < 140; position++) {
      await decoder.decode([{ token: IDS[position], position }]);
    }
    if (interrupted) await decoder.prefill(OTHER);
    const rest = interrupted ? [null] : [];
    const logits = await decoder.decode([{ token: IDS[140], position: 140 }, ...rest]);
    return logits.slice(0, VOCABULARY);
  };
  assert.deepEqual(await decode(true), await decode(false));
});

Deno.test("OnnxDecoder uses weights changed in place when the network is told", async () => {
  const weights = livelyWeights(CONFIG, 5);
  await using network = new OnnxNetwork({ config: CONFIG, lora: null }, weights, { threads: 2 });
  const decoder = new OnnxDecoder(network);
  const before = await decoder.prefill(OTHER);
  weights.get("lm_head.weight")!.data.fill(0);
  network.weightsChanged();
  decoder.free(0);
  assert.ok(before.some((logit) => logit !== 0));
  assert.ok((await decoder.prefill(OTHER)).every((logit) => logit === 0));
});

Deno.test("OnnxDecoder uses adapters changed in place", async () => {
  const lora: Lora = { rank: 2, alpha: 4, targets: ["q_proj", "down_proj"] };
  const adapters = initialAdapters(CONFIG, lora, 1);
  const weights = new Map([...livelyWeights(CONFIG, 5), ...adapters]);
  await using network = new OnnxNetwork({ config: CONFIG, lora }, weights, { threads: 2 });
  const decoder = new OnnxDecoder(network);
  await decoder.prefill(OTHER);
  for (const [name, { data }] of adapters) if (name.includes("lora_B")) data.fill(0.5);
  network.weightsChanged();
  const [full] = await fullLogprobs(network, OTHER, OTHER.length);
  assertLogits(await decoder.prefill(OTHER), full);
});
