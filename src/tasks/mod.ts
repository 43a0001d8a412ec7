/**
 * All tasks by name. A data set says which one its examples are of (docs/tasks.md).
 *
 * @module
 */

import type { Task } from "../env/task.ts";
import { CALCULATOR } from "./calculator.ts";
import { text2sql, type Text2SqlSetup } from "./text2sql.ts";

/** What tasks are set up with; one takes what it needs. */
export type TaskSetup = Text2SqlSetup;

const TASKS: Readonly<Record<string, (setup: TaskSetup) => Task>> = {
  text2sql,
  calculator: () => CALCULATOR,
};

/**
 * Sets up a task.
 *
 * @throws {RangeError} If its name is unknown, with those known.
 */
export function makeTask(name: string, setup: TaskSetup): Task {
  if (Object.hasOwn(TASKS, name)) return TASKS[name](setup);
  throw new RangeError(
    `Cannot work on task "${name}" as it must be one of ${Object.keys(TASKS).join(", ")}`,
  );
}
