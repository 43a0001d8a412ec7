/**
 * An engine without a network: it says what a script says, gives each message a token, and records
 * what it is asked to learn.
 *
 * @module
 */

import type { Surrogate } from "../../src/algorithms/algorithm.ts";
import type { Engine, EngineState, Learned, UpdateReport } from "../../src/engines/engine.ts";
import type { Conversation, Policy } from "../../src/policies/policy.ts";
import { type Script, ScriptedPolicy } from "../../src/policies/scripted.ts";
import type { Batch } from "../../src/trajectory/batch.ts";
import type { Tokens } from "../../src/trajectory/episode.ts";

/** One call of {@linkcode Engine.update}. */
export interface RecordedUpdate {
  readonly batch: Batch;
  readonly learningRate: number;
}

/** Its state is one number: how many updates it was given. */
export class ScriptedEngine implements Engine {
  readonly name = "scripted";
  readonly updates: RecordedUpdate[] = [];
  readonly #script: Script;
  #steps = 0;

  constructor(script: Script) {
    this.#script = script;
  }

  logprobs({ ids }: Pick<Batch, "ids">): Promise<Float64Array> {
    return Promise.resolve(new Float64Array(ids.length));
  }

  update(batch: Batch, surrogate: Surrogate, learningRate: number): Promise<UpdateReport> {
    const { loss, metrics } = surrogate(batch.sampledLogprobs, batch);
    this.updates.push({ batch, learningRate });
    this.#steps++;
    return Promise.resolve({
      ...{ loss, metrics, gradientNorm: 0.5, isApplied: true },
      ...{ forwardMs: 1, backwardMs: 2, optimizerMs: 3 },
    });
  }

  policy(): Policy {
    return withTokens(new ScriptedPolicy(this.#script));
  }

  state(): Promise<EngineState> {
    return Promise.resolve({ tensors: new Map(), optimizerSteps: this.#steps });
  }

  restore({ optimizerSteps }: EngineState): Promise<void> {
    this.#steps = optimizerSteps;
    return Promise.resolve();
  }

  learned(): Promise<Learned> {
    return Promise.resolve({ shape: null, weights: new Map() });
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}

/** A policy of texts as one that records tokens: one for the prompt, one a message. */
function withTokens(inner: ScriptedPolicy): Policy {
  return {
    name: inner.name,
    start(prompt, context): Conversation {
      const conversation = inner.start(prompt, context);
      let turns = 0;
      return {
        async act() {
          const turn = await conversation.act();
          if (turn.finish !== "nothing") turns++;
          return turn;
        },
        observe: (observation) => conversation.observe(observation),
        close: () => messageTokens(turns),
      };
    },
  };
}

function messageTokens(turns: number): Tokens {
  const ofMessages = <T>(prompt: T, message: (turn: number) => T) =>
    Array.from({ length: turns + 1 }, (_, t) => t === 0 ? prompt : message(t - 1));
  return {
    ids: Int32Array.from(ofMessages(0, (turn) => turn + 1)),
    actionMask: Uint8Array.from(ofMessages(0, () => 1)),
    stepOf: Int16Array.from(ofMessages(-1, (turn) => turn)),
    sampledLogprobs: Float32Array.from(ofMessages(0, () => -1)),
  };
}
