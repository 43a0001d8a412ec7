/**
 * What every engine must do, whatever computes its gradients.
 *
 * @module
 */

import assert from "node:assert/strict";
import type { Surrogate } from "../../src/algorithms/algorithm.ts";
import { makeAlgorithm } from "../../src/algorithms/mod.ts";
import type { Engine, EngineState } from "../../src/engines/engine.ts";
import type { Policy } from "../../src/policies/policy.ts";
import { type Batch, makeBatch } from "../../src/trajectory/batch.ts";
import type { Tokens } from "../../src/trajectory/episode.ts";

/** An engine under test. */
export interface EngineSubject {
  readonly name: string;
  /** Lends an engine over a small model; the same one each time. */
  lend(use: (engine: Engine) => Promise<void>): Promise<void>;
}

/** Rounding of two ways to compute a logprob in 32-bit floats. */
const TOLERANCE = 1e-4;

const { surrogate: IMITATE } = makeAlgorithm("sft");

const BROKEN: Readonly<Record<string, Surrogate>> = {
  "the loss": (...args) => ({ ...IMITATE(...args), loss: NaN }),
  "the gradient": (...args) => {
    const { gradient, ...rest } = IMITATE(...args);
    return { ...rest, gradient: gradient.map((slope) => slope === 0 ? 0 : Infinity) };
  },
};

/** Four conversations of two turns. */
async function sampledBatch(policy: Policy): Promise<Batch> {
  const trajectories = await Promise.all([1, 2, 3, 4].map((seed) => sampledTokens(policy, seed)));
  return makeBatch(trajectories.map((tokens) => ({
    tokens,
    advantages: new Float64Array(tokens.ids.length).fill(1),
  })));
}

async function sampledTokens(policy: Policy, seed: number): Promise<Tokens> {
  const prompt = [{ role: "user", content: "question: How many items?" }] as const;
  const conversation = policy.start(prompt, { exampleId: "0", seed });
  await conversation.act();
  conversation.observe("n\n5");
  await conversation.act();
  const tokens = conversation.close();
  assert(tokens, "an engine's policy records tokens");
  return tokens;
}

const policyOf = (engine: Engine) => engine.policy({ temperature: 1, maxTurnTokens: 12 });

/** Registers the contract's tests. */
export function engineContract({ name, lend }: EngineSubject): void {
  Deno.test(`engine contract: ${name} samples by the logprobs that it recomputes`, async () => {
    await lend(async (engine) => {
      await assertOwnLogprobs(engine, await sampledBatch(policyOf(engine)));
    });
  });

  Deno.test(`engine contract: ${name}'s policy sees updates`, async () => {
    await lend(async (engine) => {
      const policy = policyOf(engine);
      const before = await sampledBatch(policy);
      await engine.update(before, IMITATE, 0.01);
      const recomputed = await engine.logprobs(before);
      assert(largestDifference(before, recomputed) > 10 * TOLERANCE);
      await assertOwnLogprobs(engine, await sampledBatch(policy));
    });
  });

  for (const logprobs of ["recomputed", "sampled"] as const) {
    Deno.test(`engine contract: ${name} lowers a loss with ${logprobs} logprobs`, async () => {
      await lend(async (engine) => {
        const batch = await sampledBatch(policyOf(engine));
        const losses: number[] = [];
        for (let n = 0; n < 6; n++) {
          const { loss, isApplied } = await engine.update(batch, IMITATE, 0.01, logprobs);
          assert(isApplied);
          losses.push(loss);
        }
        assert(losses.slice(1).every((loss, n) => loss < losses[n]), String(losses));
      });
    });
  }

  Deno.test(`engine contract: ${name} goes on exactly where its state was taken`, async () => {
    await lend(async (engine) => {
      const batch = await sampledBatch(policyOf(engine));
      await engine.update(batch, IMITATE, 0.01);
      const kept = engine.state();
      const copy = structuredClone(kept);
      await engine.update(batch, IMITATE, 0.01);
      const expected = engine.state();
      assertSameState(kept, copy);
      assert.equal(expected.optimizerSteps, kept.optimizerSteps + 1);
      await lend(async (other) => {
        other.restore(kept);
        assertSameState(other.state(), kept);
        await other.update(batch, IMITATE, 0.01);
        assertSameState(other.state(), expected);
      });
    });
  });

  for (const [what, broken] of Object.entries(BROKEN)) {
    Deno.test(`engine contract: ${name} takes no step when ${what} is not finite`, async () => {
      await lend(async (engine) => {
        const batch = await sampledBatch(policyOf(engine));
        const before = engine.state();
        assert.equal((await engine.update(batch, broken, 0.01)).isApplied, false);
        assertSameState(engine.state(), before);
      });
    });
  }

  Deno.test(`engine contract: ${name} refuses a state that is not its model's`, async () => {
    await lend((engine) => {
      const before = engine.state();
      const [first] = before.tensors.keys();
      const lacking = { ...before, tensors: new Map(before.tensors) };
      lacking.tensors.delete(first);
      assert.throws(() => engine.restore(lacking), TypeError);
      assertSameState(engine.state(), before);
      return Promise.resolve();
    });
  });
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
