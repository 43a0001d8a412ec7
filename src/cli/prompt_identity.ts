/**
 * What a model was prompted with, as a part of an evaluation's identity.
 *
 * @module
 */

import { createHash } from "node:crypto";
import type { Example } from "../dataset/example.ts";
import type { EnvOptions } from "../env/options.ts";
import type { ToolResults } from "../models/chat_template.ts";
import type { Task } from "../env/task.ts";
import type { RunIdentity } from "../store/identity.ts";

/** The template and a hash of every prompt, and so of all that goes into it: schema, descriptions. */
export function promptIdentity(
  task: Task,
  examples: readonly Example[],
  { template, toolResults = "template" }: EnvOptions & { readonly toolResults?: ToolResults },
): RunIdentity["prompt"] {
  const hash = createHash("sha256");
  for (const example of examples) hash.update(JSON.stringify(task.prompt(example, template)));
  // Left out where it is as ever, so that evaluations from before there was a choice stay comparable.
  if (toolResults !== "template") hash.update(`tool results as ${toolResults}`);
  return { template, sha256: hash.digest("hex") };
}
