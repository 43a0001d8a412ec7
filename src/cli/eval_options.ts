/**
 * The options of `finestep eval`.
 *
 * @module
 */

import { choice, file, folder, option, real } from "../config/option.ts";
import { ACTING_OPTIONS } from "../engines/options.ts";
import { ENV_OPTIONS } from "../env/options.ts";
import { ENDPOINT_OPTIONS } from "../policies/openai/options.ts";
import type { Flags } from "./args.ts";
import { FIXTURE_DATA, SHARED_OPTIONS, SQL_OPTIONS } from "./setup.ts";

/** Every option of `finestep eval`, by the heading of its help. */
export const EVAL_TABLES = {
  run: {
    data: folder(FIXTURE_DATA, "folder of a data set in BIRD's or Spider's form", "ours"),
    split: SQL_OPTIONS.split,
    gold: file("", "gold .sql file in place of the questions' own gold SQL", "ours"),
    policy: choice(
      "embedded",
      ["embedded", "openai", "replay"],
      "who answers: a model here, one behind --base-url, or the files of --predictions",
      "ours",
    ),
    predictions: file("", "prediction file to score; further files may follow it", "ours"),
    match: choice(
      "position",
      ["position", "question_id"],
      "how predictions find their questions",
      "ours",
    ),
    filter: option(
      "",
      "questions by difficulty, database or id: database=a|b,difficulty=simple",
      "ours",
    ),
    sample: option(0, "questions drawn at random by the seed (0 = all)", "ours", {
      range: [0, 1e9],
    }),
    limit: option(0, "questions, from the first (0 = all)", "ours", { range: [0, 1e9] }),
    samples: option(1, "attempts of a model at each question", "ours", { range: [1, 1000] }),
    temperature: real(0, "temperature of sampling (0 = greedy, BIRD's convention)", "neighbour", {
      range: [0, 10],
    }),
    seed: option(1, "seed of drawing, sampling and intervals", "ours"),
    now: SQL_OPTIONS.now,
    quarantine: file("", "list of unsound questions, as `finestep data check` writes", "ours"),
    rVes: option(0, "runs that R-VES times right answers by (0 = not; official: 100)", "ours", {
      range: [0, 10_000],
    }),
    details: option(false, "print the whole breakdown", "ours"),
    verdicts: file("", "file to write question id -> 0 or 1 to, as JSON (none = not)", "ours"),
    resume: option(0, "id of a stopped evaluation to go on with (0 = none)", "ours"),
    ...SHARED_OPTIONS,
  },
  engine: ACTING_OPTIONS,
  endpoint: ENDPOINT_OPTIONS,
  environment: ENV_OPTIONS,
};

/** What `finestep eval` was told. */
export type EvalFlags = Flags<typeof EVAL_TABLES>;
