/**
 * One training step of each engine on the benchmark model of engine_bench.ts: 4 layers, hidden size
 * 128, 4 heads, 1,024 tokens, a batch of 8 trajectories of 256 tokens.
 *
 * `deno bench -A tests/bench/engines_bench.ts`; FINESTEP_TFJS_BACKENDS, as `wasm,node`, says on which
 * backends TensorFlow.js is tried (docs/tfjs.md).
 *
 * @module
 */

import type { EmbeddedEngineOptions } from "../../src/engines/embedded.ts";
import type { Engine } from "../../src/engines/engine.ts";
import { OnnxEngine } from "../../src/engines/onnx.ts";
import { TfjsEngine } from "../../src/engines/tfjs.ts";
import { TFJS_BACKENDS } from "../../src/engines/options.ts";
import { modelConfig } from "../../src/models/config.ts";
import { initialWeights } from "../../src/models/weights.ts";
import { batchOf, tinyOptions, weightedLogprobs } from "../engines/engine_fixtures.ts";

const CONFIG = modelConfig({
  model_type: "llama",
  hidden_size: 128,
  intermediate_size: 352,
  num_hidden_layers: 4,
  num_attention_heads: 4,
  vocab_size: 1024,
  max_position_embeddings: 512,
  rms_norm_eps: 1e-5,
});

const IDS = Array.from({ length: 8 * 257 }, (_, token) => (token * 31) % CONFIG.vocabSize);
const BATCH = batchOf(new Array(8).fill(257), IDS, () => 1);
const SURROGATE = weightedLogprobs(new Float64Array(IDS.length).fill(1 / 2048));

function bench(name: string, create: (options: EmbeddedEngineOptions) => Promise<Engine>) {
  let engine: Engine | null = null;
  Deno.bench(`${name}: forward, backward and AdamW on 2,048 tokens`, {
    n: 3,
    warmup: 1,
    group: "update",
  }, async () => {
    const weights = initialWeights(CONFIG, 1);
    engine ??= await create(tinyOptions({ config: CONFIG, weights, microBatchTokens: 2048 }));
    await engine.update(BATCH, SURROGATE, 0, "sampled");
  });
}

bench("OnnxEngine", (options) => OnnxEngine.create({ ...options, threads: 2 }));
const tried = Deno.env.get("FINESTEP_TFJS_BACKENDS") ?? "wasm";
for (const backend of TFJS_BACKENDS.filter((name) => tried.split(",").includes(name))) {
  bench(`TfjsEngine on ${backend}`, (options) => TfjsEngine.create({ ...options, backend }));
}
