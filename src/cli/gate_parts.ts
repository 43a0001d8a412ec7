/**
 * What the gate examines, as parts that can be put in place of each other: tests put a broken one in
 * and see the gate say so.
 *
 * @module
 */

import { SCORING, type ScoringParts } from "../gate/frozen.ts";
import type { Arena } from "./arena.ts";
import type { Contestant } from "./contestant.ts";
import { type Replay, replay } from "./gate_frozen.ts";
import { modelContestant, type ModelSetup } from "./model_contestant.ts";

/** Policy, parser with its environment, rewards and algorithms. */
export interface GateParts extends ScoringParts {
  readonly contestant: (setup: ModelSetup, arena: Arena) => Promise<Contestant>;
  readonly replay: Replay;
}

/** The project's own. */
export const PARTS: GateParts = { ...SCORING, contestant: modelContestant, replay };
