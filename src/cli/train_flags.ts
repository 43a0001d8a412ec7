/**
 * The options of `finestep train`, and what a command line sets of them.
 *
 * @module
 */

import { ALGORITHM_NAMES } from "../algorithms/mod.ts";
import { ALGORITHM_OPTIONS } from "../algorithms/options.ts";
import { choice, folder, option } from "../config/option.ts";
import { ENGINE_OPTIONS } from "../engines/options.ts";
import { ENV_OPTIONS } from "../env/options.ts";
import { REWARD_OPTIONS } from "../rewards/options.ts";
import { TRAIN_OPTIONS } from "../trainer/options.ts";
import { SCHEDULE_OPTIONS } from "../trainer/schedule.ts";
import { type Flags, given, parseFlags } from "./args.ts";
import { FIXTURE_DATA, SHARED_OPTIONS } from "./setup.ts";

/** Every option of `finestep train`, by the heading of its help. */
export const TRAIN_TABLES = {
  run: {
    algorithm: choice(
      "finestep",
      ALGORITHM_NAMES,
      "what is learned from the episodes; sft is shown each question's gold SQL instead",
      "ours",
    ),
    data: folder(FIXTURE_DATA, "folder of a data set in BIRD's form", "ours"),
    split: option("", "split to train on (none = train, or the only one)", "ours"),
    evalData: folder("", "folder of the questions to evaluate on (none = that of data)", "ours"),
    evalSplit: option(
      "dev",
      "split to evaluate on; where there is none, 30 % are held out",
      "ours",
    ),
    filter: option(
      "",
      "questions by difficulty, database or id: database=a|b,difficulty=simple",
      "ours",
    ),
    evalLimit: option(0, "questions to evaluate on (0 = all)", "ours", { range: [0, 1e9] }),
    quick: option(
      false,
      "a small run that shows that everything works: fewer steps and questions, unless these are given",
      "ours",
    ),
    ...SHARED_OPTIONS,
    runs: folder("results/runs", "folder of checkpoints and trained policies", "ours"),
    resume: option(
      0,
      "id of a stopped run to go on with, under its own options (0 = none)",
      "ours",
    ),
  },
  training: { ...TRAIN_OPTIONS, ...SCHEDULE_OPTIONS },
  engine: ENGINE_OPTIONS,
  environment: ENV_OPTIONS,
  rewards: REWARD_OPTIONS,
  credit: ALGORITHM_OPTIONS,
};

/** What `finestep train` was told. */
export type TrainFlags = Flags<typeof TRAIN_TABLES>;

/** What `--quick` makes smaller, where the command line says nothing of it. */
const QUICK = { trainSteps: 4, evalLimit: 30 };

/** Said of a quick run, so that nobody takes its figures for results. */
export const QUICK_NOTE = "Quick run: it shows that everything works; its figures mean nothing";

/**
 * Reads a command line of `finestep train`.
 *
 * @throws {UsageError} If it is not one.
 */
export function trainFlags(argv: readonly string[]): TrainFlags {
  const flags = parseFlags(argv, TRAIN_TABLES);
  const { run, training } = flags.values;
  if (!run.quick) return flags;
  const { evalLimit = QUICK.evalLimit } = given(flags, "run");
  const { trainSteps = QUICK.trainSteps } = given(flags, "training");
  return {
    ...flags,
    values: {
      ...flags.values,
      run: { ...run, evalLimit },
      training: { ...training, trainSteps },
    },
  };
}
