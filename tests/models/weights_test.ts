import assert from "finestep/assert";
import { checkNames, initialWeights, weightShapes } from "../../src/models/weights.ts";
import { tinyConfig } from "../engines/engine_fixtures.ts";

Deno.test("weightShapes() has a last layer of its own unless embeddings are tied", () => {
  assert.deepEqual(weightShapes(tinyConfig()).get("lm_head.weight"), [24, 16]);
  assert.equal(
    weightShapes(tinyConfig({ tie_word_embeddings: true })).has("lm_head.weight"),
    false,
  );
});

Deno.test("initialWeights() are the same for the same seed, normal with deviation 0.02, norms 1", () => {
  const config = tinyConfig({ hidden_size: 64, vocab_size: 200 });
  assert.deepEqual(initialWeights(config, 3), initialWeights(config, 3));
  const { data } = initialWeights(config, 3).get("model.embed_tokens.weight")!;
  const deviation = Math.sqrt(data.reduce((sum, x) => sum + x * x, 0) / data.length);
  assert.ok(Math.abs(deviation - 0.02) < 0.001);
  const norm = initialWeights(config, 3).get("model.norm.weight")!.data;
  assert.ok(norm.every((x) => x === 1));
});

Deno.test("checkNames() names what is missing, too much or misshapen", () => {
  const config = tinyConfig();
  const weights = initialWeights(config, 1);
  const name = "model.norm.weight";
  checkNames(weightShapes(config), weights);
  const without = new Map([...weights].filter(([key]) => key !== name));
  assert.throws(
    () => checkNames(weightShapes(config), without),
    /needs "model.norm.weight": it is missing/,
  );
  const tied = tinyConfig({ tie_word_embeddings: true });
  assert.throws(() => checkNames(weightShapes(tied), weights), /has no "lm_head.weight"/);
  const short = new Map([...weights, [name, { shape: [15], data: new Float32Array(15) }]]);
  assert.throws(
    () => checkNames(weightShapes(config), short),
    /shape must be \[16\]: it is \[15\]/,
  );
});
