/**
 * What clients of the Open Reward Standard send, checked.
 *
 * @module
 */

import { z } from "zod";

/** Body of `/tasks` and `/num_tasks`. */
export const SPLIT_BODY = z.strictObject({ split: z.string() });

/** Body of `/task`. */
export const TASK_BODY = z.strictObject({ split: z.string(), index: z.int() });

/** Body of `/task_range`: as a slice of Python, with negative places from the end. */
export const RANGE_BODY = z.strictObject({
  split: z.string(),
  start: z.int().nullish(),
  stop: z.int().nullish(),
});

/**
 * A task as `/tasks` lists it, by which `/create` finds the question again; what else the list says of it
 * is not read. A client may add a seed and a group.
 */
const TASK_SPEC = z.object({
  split: z.string().optional(),
  id: z.string(),
  seed: z.int().min(0).max(2 ** 32 - 1).optional(),
  group: z.strictObject({ id: z.string().min(1), size: z.int().positive() }).optional(),
});

/** Body of `/create`. Secrets are not needed, and not kept. */
export const CREATE_BODY = z.strictObject({
  env_name: z.string().nullish(),
  task_spec: TASK_SPEC.nullish(),
  split: z.string().nullish(),
  index: z.int().nullish(),
  secrets: z.record(z.string(), z.unknown()).nullish(),
  toolset_name: z.null().optional(),
}).refine(
  ({ task_spec, split, index }) => (task_spec == null) === (split != null && index != null),
  "give either task_spec, or both split and index",
);

/** Body of `/call`; with a `task_id`, it only asks for the result of a call made before. */
export const CALL_BODY = z.strictObject({
  name: z.string(),
  input: z.record(z.string(), z.unknown()),
  task_id: z.string().nullish(),
});
