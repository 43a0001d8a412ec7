/**
 * The files of frozen trajectories: what a policy said once, message by message, and what it was shown.
 *
 * @module
 */

import { z } from "zod";

const TRAJECTORY = z.strictObject({
  /** Id of the question that it answers; trajectories of one question are a group. */
  question: z.string(),
  seed: z.int().nonnegative(),
  turns: z.array(z.strictObject({
    text: z.string(),
    finish: z.enum(["stop", "length", "context", "nothing"]),
    /** What the policy was shown next; null after the last message. */
    shown: z.string().nullable(),
  })),
});

/** A line of the files. */
export type FrozenTrajectory = z.infer<typeof TRAJECTORY>;

/**
 * Reads a file of frozen trajectories, one a line.
 *
 * @param path Named in errors.
 * @throws {SyntaxError} If a line is none.
 */
export function parseTrajectories(text: string, path: string): FrozenTrajectory[] {
  return text.trimEnd().split("\n").map((line, index) => {
    const { success, data, error } = TRAJECTORY.safeParse(JSON.parse(line));
    if (success) return data;
    const [{ path: place, message }] = error.issues;
    throw new SyntaxError(
      `Cannot read ${path} as "${place.join(".")}" of line ${index + 1} is wrong: ${message}`,
    );
  });
}
