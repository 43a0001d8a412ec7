/**
 * Demonstrations with other values in them: names that exist nowhere and other numbers. A policy
 * that learns from these has to copy what the question says, as remembering is of no use.
 *
 * @module
 */

import type { Rng } from "../../src/config/rng.ts";
import type { Episode } from "../../src/trajectory/episode.ts";
import { POOLS } from "../minibird/lexicon.ts";
import type { MinibirdQuestion } from "../minibird/mod.ts";

const PAIRS: ReadonlySet<string> = new Set(Object.values(POOLS).flat());
const FIRST_WORDS = [...new Set([...PAIRS].map((pair) => pair.split(" ")[0]))];
const LAST_WORDS = [...new Set([...PAIRS].map((pair) => pair.split(" ")[1]))];

/** A pair of known words that is no value of any database, so also none that is held out. */
function otherPair(rng: Rng): string {
  for (;;) {
    const pair = `${rng.pick(FIRST_WORDS)} ${rng.pick(LAST_WORDS)}`;
    if (!PAIRS.has(pair)) return pair;
  }
}

/** Another number, mostly with as many digits. */
function otherNumber(value: string, rng: Rng): string {
  return String(1 + rng.below(10 ** value.length));
}

/** What the values of a question become; a value that is neither a pair nor a number stays. */
function replacements(question: MinibirdQuestion, rng: Rng): [from: RegExp, to: string][] {
  return question.values.flatMap((value): [RegExp, string][] => {
    if (/^\d+$/.test(value)) return [[new RegExp(`\\b${value}\\b`, "g"), otherNumber(value, rng)]];
    if (!PAIRS.has(value)) return [];
    const other = otherPair(rng);
    const forms = [(text: string) => text, upper, lower];
    return forms.map((form) => [new RegExp(form(value), "g"), form(other)]);
  });
}

const upper = (text: string) => text.toUpperCase();
const lower = (text: string) => text.toLowerCase();

/**
 * The same episode about other values. Schema and tool results keep their numbers, which are not the
 * question's; actions and results no longer fit the text, which alone is learned from.
 */
export function scrambled(episode: Episode, question: MinibirdQuestion, rng: Rng): Episode {
  const all = replacements(question, rng);
  const pairsOnly = all.filter(([, to]) => !/^\d+$/.test(to));
  const replaced = (text: string, changes = all) =>
    changes.reduce((result, [from, to]) => result.replace(from, to), text);
  return {
    ...episode,
    prompt: episode.prompt.map(({ role, content }) => {
      const start = content.lastIndexOf("\nquestion: ");
      return {
        role,
        content: replaced(content.slice(0, start), pairsOnly) + replaced(content.slice(start)),
      };
    }),
    steps: episode.steps.map((step) => ({
      ...step,
      text: replaced(step.text),
      observation: step.observation === null ? null : replaced(step.observation, pairsOnly),
    })),
  };
}
