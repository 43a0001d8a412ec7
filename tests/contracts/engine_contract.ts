/**
 * What every engine must do, whatever computes it and wherever. That two compute the same is in
 * engine_agreement.ts.
 *
 * @module
 */

import assert from "finestep/assert";
import type { Surrogate } from "../../src/algorithms/algorithm.ts";
import { makeAlgorithm } from "../../src/algorithms/mod.ts";
import type { EmbeddedEngineOptions } from "../../src/engines/embedded.ts";
import type { Engine, EngineState } from "../../src/engines/engine.ts";
import { initialAdapters, LORA_TARGETS } from "../../src/models/lora.ts";
import { initialWeights } from "../../src/models/weights.ts";
import type { Policy } from "../../src/policies/policy.ts";
import { type Batch, makeBatch } from "../../src/trajectory/batch.ts";
import type { Tokens } from "../../src/trajectory/episode.ts";
import {
  batchOf,
  livelyWeights,
  plainChat,
  tinyConfig,
  tinyOptions,
  weightedLogprobs,
} from "../engines/engine_fixtures.ts";

/** An engine under test. */
export interface EngineSubject {
  readonly name: string;
  create(options: EmbeddedEngineOptions): Promise<Engine>;
  /** Whether a server has the weights: then what is of tensors in this process does not apply. */
  readonly isRemote?: boolean;
}

/** Rounding of two ways to compute a logprob in 32-bit floats. */
const TOLERANCE = 1e-4;

/** Given tokens and tokens of the policy; the longest trajectory is longer than a micro-batch's row. */
const LENGTHS = [7, 40, 21];
const IDS = Array.from({ length: 68 }, (_, i) => (i * 7 + i * i) % 24);
const BATCH = batchOf(LENGTHS, IDS, (token) => token % 3);
const WEIGHTS = IDS.map((_, token) => BATCH.actionMask[token] * Math.cos(token) / 40);
const SURROGATE = weightedLogprobs(WEIGHTS);

const { surrogate: IMITATE } = makeAlgorithm("sft");

const BROKEN = {
  "the loss": { loss: NaN },
  "one gradient": { gradient: Float64Array.from(WEIGHTS, (x, i) => i === 25 ? Infinity : x) },
};

/** Registers the contract's tests. */
export function engineContract({ name, create, isRemote = false }: EngineSubject): void {
  const lend = async (
    use: (engine: Engine) => Promise<void>,
    changes: Partial<EmbeddedEngineOptions> = {},
  ) => {
    await using engine = await create(tinyOptions(changes));
    await use(engine);
  };
  const test = (
    what: string,
    use: (engine: Engine) => Promise<void>,
    changes: Partial<EmbeddedEngineOptions> = {},
  ) => Deno.test(`engine contract: ${name} ${what}`, () => lend(use, changes));

  test("gives logs of chances that sum to 1", async (engine) => {
    const every = Array.from({ length: 24 }, (_, token) => [5, 9, 11, token]);
    const logprobs = await engine.logprobs(batchOf(every.map(() => 4), every.flat(), () => 1));
    const total = every.reduce((sum, _, n) => sum + Math.exp(logprobs[4 * n + 3]), 0);
    assert(Math.abs(total - 1) < 1e-5);
    assert.equal(logprobs[0], 0);
  });

  test("gives each trajectory its logprobs, whatever stands beside it", async (engine) => {
    const all = await engine.logprobs(BATCH);
    await lend(async (apart) => {
      const alone = await apart.logprobs(BATCH);
      all.forEach((logprob, token) => assert(Math.abs(logprob - alone[token]) < 1e-5));
    }, { microBatchTokens: 1 });
  });

  test("refuses a trajectory longer than the context", async (engine) => {
    const batch = batchOf([170], new Array(170).fill(1), () => 1);
    await assert.rejects(engine.logprobs(batch), /holds at most 160/);
  });

  test("samples by the logprobs that it recomputes", async (engine) => {
    await assertOwnLogprobs(engine, await sampledBatch(policyOf(engine)));
  });

  test("has a policy that sees updates", async (engine) => {
    const policy = policyOf(engine);
    const before = await sampledBatch(policy);
    await engine.update(before, IMITATE, 0.01);
    assert(largestDifference(before, await engine.logprobs(before)) > 10 * TOLERANCE);
    await assertOwnLogprobs(engine, await sampledBatch(policy));
  });

  for (const logprobs of ["recomputed", "sampled"] as const) {
    test(`lowers a loss with ${logprobs} logprobs`, async (engine) => {
      const batch = await sampledBatch(policyOf(engine));
      const losses: number[] = [];
      for (let n = 0; n < 4; n++) {
        const { loss, isApplied } = await engine.update(batch, IMITATE, 0.01, logprobs);
        assert(isApplied);
        losses.push(loss);
      }
      assert(losses.slice(1).every((loss, n) => loss < losses[n]), String(losses));
    });
  }

  test("shows the surrogate logprobs at the mask and gives its metrics back", async (engine) => {
    const expected = await engine.logprobs(BATCH);
    const report = await engine.update(BATCH, (logprobs, batch) => {
      logprobs.forEach((logprob, token) => {
        const shown = batch.actionMask[token] === 1 ? expected[token] : 0;
        assert(Math.abs(logprob - shown) < 1e-5);
      });
      return { ...SURROGATE(logprobs, batch), metrics: { "loss/seen": 1 } };
    }, 0.01);
    assert.deepEqual(report.metrics, { "loss/seen": 1 });
  });

  for (const [what, change] of Object.entries(BROKEN)) {
    test(`takes no step when ${what} is not finite`, async (engine) => {
      await engine.update(BATCH, SURROGATE, 0.01);
      const before = await engine.state();
      assert.equal(BATCH.actionMask[25], 1);
      const broken: Surrogate = (...args) => ({ ...SURROGATE(...args), ...change });
      assert.equal((await engine.update(BATCH, broken, 0.01)).isApplied, false);
      assertSameState(await engine.state(), before);
    });
  }

  test("without any gradient moves by momentum only", async (engine) => {
    const report = await engine.update(BATCH, weightedLogprobs(new Float64Array(68)), 0.01);
    assert.equal(report.gradientNorm, 0);
    assert.equal(report.isApplied, true);
  });

  test("goes on exactly where its state was taken", async (engine) => {
    await engine.update(BATCH, SURROGATE, 0.01);
    const kept = await engine.state();
    const copy = structuredClone(kept);
    await engine.update(BATCH, SURROGATE, 0.01);
    const expected = await engine.state();
    assertSameState(kept, copy);
    assert.equal(expected.optimizerSteps, kept.optimizerSteps + 1);
    await lend(async (other) => {
      await other.logprobs(BATCH);
      await other.restore(kept);
      assertSameState(await other.state(), kept);
      await other.update(BATCH, SURROGATE, 0.01);
      assertSameState(await other.state(), expected);
    }, { weights: initialWeights(tinyConfig(), 99) });
  });

  test("may be disposed of while a conversation is open", async (engine) => {
    await policyOf(engine).start(PROMPT, { exampleId: "0", seed: 1 }).act();
  });

  if (isRemote) return;

  for (
    const [limit, what] of [[0.25, "clips the gradient to its largest norm"], [
      0,
      "leaves the gradient as it is where no norm is the largest",
    ]] as const
  ) {
    test(what, async (engine) => {
      const { gradientNorm } = await engine.update(BATCH, SURROGATE, 0.01);
      assert(gradientNorm > 0.25);
      // The first moment is (1 - beta1) times the gradient that is applied.
      const moments = [...(await engine.state()).tensors].filter(([name]) =>
        name.startsWith("adam.m.")
      );
      const squares = moments.flatMap(([, { data }]) => Array.from(data, (m) => (m / 0.1) ** 2));
      const applied = Math.sqrt(squares.reduce((sum, x) => sum + x));
      assert(Math.abs(applied - (limit || gradientNorm)) < 1e-5, `it is ${applied}`);
    }, { maxGradientNorm: limit });
  }

  test("refuses a state that is not its model's and keeps its own", async (engine) => {
    const before = await engine.state();
    const lacking = { ...before, tensors: new Map(before.tensors) };
    lacking.tensors.delete("model.norm.weight");
    await assert.rejects(engine.restore(lacking), {
      name: "TypeError",
      message: /needs "model.norm.weight": it is missing/,
    });
    await lend(async (larger) => {
      await assert.rejects(engine.restore(await larger.state()), {
        name: "TypeError",
        message: /gate_proj.weight" as its shape must be \[24,16\]: it is \[32,16\]/,
      });
    }, { config: tinyConfig({ intermediate_size: 32 }) });
    assertSameState(await engine.state(), before);
  });

  Deno.test(`engine contract: ${name} refuses a tokenizer with more tokens than the model`, async () => {
    await assert.rejects(
      async () => await create(tinyOptions({ chat: plainChat(25) })),
      /it has 25, the model 24/,
    );
  });

  Deno.test(`engine contract: ${name} with adapters learns these alone`, async () => {
    const config = tinyConfig({ model_type: "qwen3" });
    const weights = livelyWeights(config, 5);
    const shape = { rank: 3, alpha: 6, targets: LORA_TARGETS };
    const adapters = { shape, weights: initialAdapters(config, shape, 3) };
    await lend(async (engine) => {
      const before = await engine.update(BATCH, SURROGATE, 0.01);
      const after = await engine.update(BATCH, SURROGATE, 0.01);
      assert(after.loss < before.loss - 1e-3);
      assert.deepEqual(weights, livelyWeights(config, 5));
      assert.equal((await engine.state()).tensors.size, 3 * adapters.weights.size);
    }, { config, weights, adapters });
  });
}

const PROMPT = [{ role: "user", content: "5 9 11 4" }] as const;

const policyOf = (engine: Engine) => engine.policy({ temperature: 1, maxTurnTokens: 6 });

/** Four conversations of two turns. */
async function sampledBatch(policy: Policy): Promise<Batch> {
  const trajectories = await Promise.all([1, 2, 3, 4].map((seed) => sampledTokens(policy, seed)));
  return makeBatch(trajectories.map((tokens) => ({
    tokens,
    advantages: new Float64Array(tokens.ids.length).fill(1),
  })));
}

async function sampledTokens(policy: Policy, seed: number): Promise<Tokens> {
  const conversation = policy.start(PROMPT, { exampleId: "0", seed });
  await conversation.act();
  conversation.observe("7 8");
  await conversation.act();
  const tokens = conversation.close();
  assert(tokens, "an engine's policy records tokens");
  return tokens;
}

async function assertOwnLogprobs(engine: Engine, batch: Batch): Promise<void> {
  assert(batch.actionMask.some((mask) => mask === 1));
  const difference = largestDifference(batch, await engine.logprobs(batch));
  assert(difference < TOLERANCE, `they differ by ${difference}`);
}

/** Between the logprobs as sampled and others, over chosen tokens. */
function largestDifference({ actionMask, sampledLogprobs }: Batch, others: Float64Array): number {
  const differences = others.map((logprob, t) => actionMask[t] * (logprob - sampledLogprobs[t]));
  return Math.max(...differences.map(Math.abs));
}

function assertSameState(actual: EngineState, expected: EngineState): void {
  assert.equal(actual.optimizerSteps, expected.optimizerSteps);
  assert.deepEqual(actual.tensors, expected.tensors);
}
