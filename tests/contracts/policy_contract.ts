/**
 * What every policy must do, whatever it is made of.
 *
 * @module
 */

import assert from "finestep/assert";
import type { Policy, Turn } from "../../src/policies/policy.ts";
import type { Message, Tokens } from "../../src/trajectory/episode.ts";

/** A policy under test. */
export interface PolicySubject {
  readonly name: string;
  /** Lends a fresh policy; each one says the same for the same seed. */
  lend(use: (policy: Policy) => Promise<void>): Promise<void>;
  /** Whether it records tokens, and so can be trained. */
  readonly hasTokens: boolean;
}

interface Dialogue {
  readonly turns: readonly Turn[];
  readonly tokens: Tokens | null;
}

const PROMPT: readonly Message[] = [{ role: "user", content: "question: How many items?" }];

/** Three turns, fewer where the policy stops before; `pause` lets others act in between. */
async function converse(
  policy: Policy,
  seed: number,
  pause: () => Promise<void> = () => Promise.resolve(),
): Promise<Dialogue> {
  const conversation = policy.start(PROMPT, { exampleId: "0", seed });
  const turns: Turn[] = [];
  while (turns.length < 3) {
    const turn = await conversation.act();
    turns.push(turn);
    if (turn.finish === "nothing" || turn.finish === "context") break;
    await pause();
    if (turns.length < 3) conversation.observe("n\n5");
  }
  return { turns, tokens: conversation.close() };
}

/** Registers the contract's tests. */
export function policyContract({ name, lend, hasTokens }: PolicySubject): void {
  Deno.test(`policy contract: ${name} says the same for the same seed and prompt`, async () => {
    const dialogues: Dialogue[] = [];
    for (let n = 0; n < 2; n++) {
      await lend(async (policy) => void dialogues.push(await converse(policy, 3)));
    }
    assert.deepEqual(dialogues[0], dialogues[1]);
    assert.notEqual(dialogues[0].turns[0].text, "");
  });

  Deno.test(`policy contract: ${name} says the same in company as alone`, async () => {
    await lend(async (policy) => {
      const alone = await converse(policy, 3);
      const pauses = [0, 3, 1, 2].map((ticks) => async () => {
        for (let tick = 0; tick < ticks; tick++) await Promise.resolve();
      });
      const company = await Promise.all(
        [1, 2, 3, 4].map((seed, n) => converse(policy, seed, pauses[n])),
      );
      assert.deepEqual(company[2], alone);
    });
  });

  Deno.test(`policy contract: ${name} has no text where it has nothing to say`, async () => {
    await lend(async (policy) => {
      for (const seed of [1, 2, 3]) {
        const { turns } = await converse(policy, seed);
        for (const { text, finish } of turns) {
          assert(["stop", "length", "context", "nothing"].includes(finish));
          if (finish === "nothing") assert.equal(text, "");
        }
      }
    });
  });

  Deno.test(`policy contract: ${name} closes a conversation that said nothing yet`, async () => {
    await lend(async (policy) => {
      const tokens = policy.start(PROMPT, { exampleId: "0", seed: 1 }).close();
      assert.equal(tokens !== null, hasTokens);
      assert.equal(tokens?.actionMask.some((mask) => mask === 1) ?? false, false);
      assert((await converse(policy, 1)).turns.length > 0);
    });
  });

  Deno.test(`policy contract: ${name} ${hasTokens ? "records" : "has no"} tokens`, async () => {
    await lend(async (policy) => {
      const { turns, tokens } = await converse(policy, 3);
      assert.equal(tokens !== null, hasTokens);
      if (tokens) assertConsistent(tokens, turns.length);
    });
  });
}

function assertConsistent(tokens: Tokens, turnCount: number): void {
  const { ids, actionMask, stepOf, sampledLogprobs } = tokens;
  for (const array of [actionMask, stepOf, sampledLogprobs]) {
    assert.equal(array.length, ids.length);
  }
  const steps = new Set<number>();
  ids.forEach((id, t) => {
    assert(id >= 0);
    const isChosen = actionMask[t] === 1;
    if (isChosen) steps.add(stepOf[t]);
    assert(isChosen ? stepOf[t] >= 0 && sampledLogprobs[t] <= 0 : sampledLogprobs[t] === 0);
  });
  // Steps are numbered from 0 as turns are, and come in order.
  assert.deepEqual([...steps], Array.from({ length: turnCount }, (_, step) => step));
  assert.equal(actionMask[0], 0);
}
