/**
 * A policy that demonstrates: it says what it was told to say, recorded as tokens, for supervised
 * learning.
 *
 * @module
 */

import type { ChatTokens } from "../models/chat_tokens.ts";
import type { Episode, Tokens } from "../trajectory/episode.ts";
import type { Conversation, Policy } from "./policy.ts";

/**
 * Tokens of an episode that is known as text: what an embedded policy would have recorded, had it said
 * the same.
 *
 * @returns `sampledLogprobs` are 0 as nothing was sampled.
 */
export function demonstrationTokens(
  { prompt, steps }: {
    readonly prompt: Episode["prompt"];
    readonly steps: readonly Pick<Episode["steps"][number], "text" | "observation">[];
  },
  chat: ChatTokens,
): Tokens {
  const ids = [...chat.prompt(prompt)];
  const stepOf: number[] = ids.map(() => -1);
  steps.forEach(({ text, observation }, s) => {
    const spoken = [...chat.encode(text), chat.endOfTurn];
    ids.push(...spoken);
    stepOf.push(...spoken.map(() => s));
    if (observation === null) return;
    const seen = chat.observation(observation);
    ids.push(...seen);
    stepOf.push(...seen.map(() => -1));
  });
  return {
    ids: Int32Array.from(ids),
    actionMask: Uint8Array.from(stepOf, (step) => Number(step >= 0)),
    stepOf: Int16Array.from(stepOf),
    sampledLogprobs: new Float32Array(ids.length),
  };
}

/** Says one message to each example, whatever the seed; an example without one is met with silence. */
export class DemonstratingPolicy implements Policy {
  readonly name = "demonstrations";
  readonly #messages: ReadonlyMap<string, string>;
  readonly #chat: ChatTokens;

  /** @param messages By example id. */
  constructor(messages: ReadonlyMap<string, string>, chat: ChatTokens) {
    this.#messages = messages;
    this.#chat = chat;
  }

  start(prompt: Episode["prompt"], { exampleId }: { readonly exampleId: string }): Conversation {
    const message = this.#messages.get(exampleId);
    const steps: { text: string; observation: string | null }[] = [];
    return {
      act: () => {
        if (message === undefined || steps.length > 0) {
          return Promise.resolve({ text: "", finish: "nothing" });
        }
        steps.push({ text: message, observation: null });
        return Promise.resolve({ text: message, finish: "stop" });
      },
      observe: (observation) => void (steps[0].observation = observation),
      close: () => demonstrationTokens({ prompt, steps }, this.#chat),
    };
  }
}
