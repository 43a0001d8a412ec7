/**
 * Reads a line of our own codec as a trajectory: all of it is known.
 *
 * @module
 */

import { z } from "zod";
import { isSameResult } from "../sandbox/same_result.ts";
import { decodeEpisode } from "../trajectory/codec.ts";
import type { Trace } from "./trace.ts";

const RESULT = z.union([
  z.looseObject({
    kind: z.literal("rows"),
    columns: z.array(z.string()),
    rows: z.array(z.array(z.unknown())),
  }),
  z.looseObject({
    kind: z.enum(["error", "refused", "timeout", "too_large", "crashed"]),
    message: z.string(),
  }),
]);

const ACTION = z.discriminatedUnion("kind", [
  z.looseObject({
    kind: z.literal("toolCall"),
    reasoning: z.string(),
    tool: z.string(),
    arguments: z.record(z.string(), z.unknown()),
    sql: z.string(),
  }),
  z.looseObject({ kind: z.literal("answer"), reasoning: z.string(), sql: z.string() }),
  z.looseObject({ kind: z.literal("violation"), violation: z.string(), detail: z.string() }),
]);

/** What an audit reads of an episode; the codec itself looks at its version and tokens only. */
export const EPISODE_LINE = z.looseObject({
  version: z.int(),
  // Of lines that `finestep serve` wrote.
  id: z.string().optional(),
  group: z.string().optional(),
  exampleId: z.string(),
  databaseId: z.string(),
  seed: z.int(),
  prompt: z.array(z.looseObject({ role: z.string(), content: z.string() })),
  steps: z.array(
    z.looseObject({
      text: z.string(),
      action: ACTION,
      result: RESULT.nullable(),
      observation: z.string().nullable(),
    }),
  ),
  finalSql: z.string().nullable(),
  finalResult: RESULT.nullable(),
  goldSql: z.string(),
  goldResult: RESULT,
});

/** What a line may say beside its episode. */
type LineNames = Pick<z.infer<typeof EPISODE_LINE>, "id" | "group">;

/**
 * The trajectory that a line of the codec holds.
 *
 * @param line Number of the line.
 * @param names Its own where it has them; else it is named by question and seed, and its group is its
 * question.
 * @throws {SyntaxError} If the line is of a newer version, or its tokens differ in length.
 */
export function episodeTrace(text: string, line: number, { id, group }: LineNames = {}): Trace {
  const episode = decodeEpisode(text);
  const { exampleId, seed, steps, finalResult, goldResult } = episode;
  return {
    line,
    id: id ?? `${exampleId}/${seed}`,
    group: group ?? exampleId,
    episode,
    messages: steps.map((_, s) => episode.prompt.length + 2 * s),
    hasRows: true,
    hasGold: true,
    outcome: isSameResult(finalResult, goldResult) ? 1 : 0,
  };
}
