/**
 * Options of an episode and of what it runs in.
 *
 * @module
 */

import { choice, option, type Values } from "../config/option.ts";

/** How an episode is run. */
export const EPISODE_OPTIONS = {
  template: choice(
    "full",
    ["full", "compact"],
    "prompt and observations: the paper's, or short ones for small models",
    "ours",
  ),
  maxTurns: option(6, "assistant messages in an episode, the answer included", "ours", {
    range: [1, 1000],
  }),
  maxObservationRows: option(
    0,
    "rows of a tool result shown (0 = 10 in full, 5 in compact)",
    "ours",
    {
      range: [0, 10_000],
    },
  ),
};

/** What a command's environment is made of: how episodes are run, and how long SQL may take in them. */
export const ENV_OPTIONS = {
  ...EPISODE_OPTIONS,
  toolTimeoutMs: option(5_000, "deadline of a tool call's SQL, in ms", "neighbour", {
    range: [1, 3_600_000],
  }),
  answerTimeoutMs: option(
    30_000,
    "deadline of the answer's SQL and the gold SQL, each and together, in ms (BIRD's)",
    "neighbour",
    { range: [1, 3_600_000] },
  ),
};

/** Values of {@linkcode EPISODE_OPTIONS}. */
export type EpisodeSettings = Values<typeof EPISODE_OPTIONS>;

/** Values of {@linkcode ENV_OPTIONS}. */
export type EnvOptions = Values<typeof ENV_OPTIONS>;

/** The prompt's and the observations' form. */
export type Template = EnvOptions["template"];

// Rewards are computed on these rows, never on the few that the policy is shown.
/** Caps of a tool call's result. */
export const TOOL_CAPS = { maxRows: 10_000, maxBytes: 2 ** 24 };

// BIRD fetches all rows; the caps only keep a runaway product of tables from filling the memory.
/** Caps of an answer's and a gold result. */
export const ANSWER_CAPS = { maxRows: 1_000_000, maxBytes: 2 ** 25 };
