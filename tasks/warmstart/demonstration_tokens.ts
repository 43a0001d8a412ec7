/**
 * A text-only episode as tokens, for supervised learning: what an embedded policy would have
 * recorded, had it said the same.
 *
 * @module
 */

import type { ChatTokens } from "../../src/models/chat_tokens.ts";
import type { Episode, Tokens } from "../../src/trajectory/episode.ts";

/** Tokens of an episode; `sampledLogprobs` are 0 as nothing was sampled. */
export function demonstrationTokens(episode: Episode, chat: ChatTokens): Tokens {
  const ids = [...chat.prompt(episode.prompt)];
  const stepOf: number[] = ids.map(() => -1);
  episode.steps.forEach(({ text, observation }, s) => {
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
