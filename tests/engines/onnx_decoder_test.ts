import assert from "node:assert/strict";
import { OnnxDecoder } from "../../src/engines/onnx_decoder.ts";
import { OnnxNetwork } from "../../src/engines/onnx_network.ts";
import { livelyWeights, tinyConfig } from "./engine_fixtures.ts";

// Longer than 128 tokens, so that the caches grow on the way.
const CONFIG = tinyConfig({ max_position_embeddings: 320 });
const IDS = Array.from({ length: 150 }, (_, i) => (i * 5 + i * i) % 24);
const OTHER = Array.from({ length: 70 }, (_, i) => (i * 11) % 24);

function tinyNetwork() {
  return new OnnxNetwork({ config: CONFIG, lora: null }, livelyWeights(CONFIG, 5), { threads: 2 });
}

/** Logits after each of `IDS` from `promptLength` on, all computed at once. */
async function fullLogits(network: OnnxNetwork, promptLength: number): Promise<Float32Array[]> {
  const positions = IDS.map((_, i) => i).slice(promptLength - 1);
  const { logits } = await network.run(
    "prefill",
    { batch: 1, length: IDS.length, rows: positions.length },
    {
      ids: Int32Array.from(IDS),
      positions: Int32Array.from(positions),
      ...network.contextFeeds(IDS.length),
    },
  );
  return positions.map((_, row) => logits.slice(row * 24, (row + 1) * 24));
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
      token: (step + slot) % 24,
      position: before.length - slot + step,
    }));
    const logits = await decoder.decode([...beside, { token: IDS[position], position }]);
    result.push(logits.slice(others * 24));
  }
  return result;
}

Deno.test("OnnxDecoder.decode() gives the logits of the full forward pass", async () => {
  await using network = tinyNetwork();
  const full = await fullLogits(network, 100);
  const decoded = await decodedLogits(network, { promptLength: 100, others: 0 });
  assert.equal(decoded.length, full.length);
  decoded.forEach((row, i) =>
    row.forEach((logit, v) => assert.ok(Math.abs(logit - full[i][v]) < 1e-4, `${i} ${v}`))
  );
});

Deno.test("OnnxDecoder.decode() gives each slot the same bits whatever the others hold", async () => {
  await using network = tinyNetwork();
  const alone = await decodedLogits(network, { promptLength: 100, others: 0 });
  assert.deepEqual(await decodedLogits(network, { promptLength: 100, others: 3 }), alone);
  assert.deepEqual(await decodedLogits(network, { promptLength: 100, others: 20 }), alone);
  const before = [...IDS, ...IDS].slice(0, 260);
  assert.deepEqual(await decodedLogits(network, { promptLength: 100, others: 9, before }), alone);
});

Deno.test("OnnxDecoder.fork() goes on from another slot's prompt after that slot went on", async () => {
  await using network = tinyNetwork();
  const decoder = new OnnxDecoder(network);
  await decoder.prefill(OTHER);
  const first = await decoder.decode([{ token: 3, position: 70 }]);
  await decoder.decode([{ token: 9, position: 71 }]);
  decoder.fork(0, OTHER.length);
  const logits = await decoder.decode([null, { token: 3, position: 70 }]);
  assert.deepEqual(logits.slice(24), first.slice(0, 24));
});

Deno.test("OnnxDecoder.free() moves the last slot into the gap, and a slot may stay as it is", async () => {
  await using network = tinyNetwork();
  const decoder = new OnnxDecoder(network);
  await decoder.prefill(IDS);
  await decoder.prefill(OTHER);
  const expected = await decoder.decode([null, { token: 3, position: 70 }]);
  decoder.free(0);
  const logits = await decoder.decode([{ token: 3, position: 70 }]);
  assert.deepEqual(logits, expected.slice(24));
});

Deno.test("OnnxDecoder.prefill() of a short prompt keeps all of a longer slot", async () => {
  await using network = tinyNetwork();
  const decode = async (interrupted: boolean) => {
    const decoder = new OnnxDecoder(network);
    await decoder.prefill(IDS.slice(0, 120));
    for (let position = 120; position < 140; position++) {
      await decoder.decode([{ token: IDS[position], position }]);
    }
    if (interrupted) await decoder.prefill(OTHER);
    const rest = interrupted ? [null] : [];
    const logits = await decoder.decode([{ token: IDS[140], position: 140 }, ...rest]);
    return logits.slice(0, 24);
  };
  assert.deepEqual(await decode(true), await decode(false));
});

Deno.test("OnnxDecoder sees weights that change in place", async () => {
  const weights = livelyWeights(CONFIG, 5);
  await using network = new OnnxNetwork({ config: CONFIG, lora: null }, weights, { threads: 2 });
  const decoder = new OnnxDecoder(network);
  const before = await decoder.prefill(OTHER);
  weights.get("lm_head.weight")!.data.fill(0);
  decoder.free(0);
  assert.ok(before.some((logit) => logit !== 0));
  assert.ok((await decoder.prefill(OTHER)).every((logit) => logit === 0));
});
