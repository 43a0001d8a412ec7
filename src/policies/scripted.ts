/**
 * A policy that says what it was told to: for tests of everything around a policy.
 *
 * @module
 */

import type { Message } from "../trajectory/episode.ts";
import type { Conversation, Policy, Turn } from "./policy.ts";

/** What a scripted policy knows when it speaks. */
export interface Scene {
  /** Turns taken before this one. */
  readonly turn: number;
  /** What it was shown after each of them. */
  readonly observations: readonly string[];
  readonly prompt: readonly Message[];
  readonly exampleId: string;
  readonly seed: number;
}

/** Messages in order, or a function that gives the next one. */
export type Script = readonly (string | Turn)[] | ((scene: Scene) => string | Turn);

/**
 * Speaks from a script. A text is a whole message (`stop`); after the last one of a list there is
 * `nothing` more to say.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { ScriptedPolicy } from "./scripted.ts";
 *
 * const policy = new ScriptedPolicy(["first", "second"]);
 * const conversation = policy.start([], { exampleId: "0", seed: 0 });
 * assert.deepEqual(await conversation.act(), { text: "first", finish: "stop" });
 * ```
 */
export class ScriptedPolicy implements Policy {
  readonly name: string;
  readonly #script: Script;

  constructor(script: Script, name = "scripted") {
    this.name = name;
    this.#script = script;
  }

  start(
    prompt: readonly Message[],
    context: { readonly exampleId: string; readonly seed: number },
  ): Conversation {
    const observations: string[] = [];
    let turn = 0;
    return {
      // A script that throws must reject the turn, as any other policy would.
      act: () =>
        Promise.resolve().then(() =>
          nextTurn(this.#script, { ...context, prompt, observations, turn: turn++ })
        ),
      observe: (observation) => void observations.push(observation),
      close: () => null,
    };
  }
}

function nextTurn(script: Script, scene: Scene): Turn {
  const said = typeof script === "function" ? script(scene) : script[scene.turn];
  if (said === undefined) return { text: "", finish: "nothing" };
  return typeof said === "string" ? { text: said, finish: "stop" } : said;
}
