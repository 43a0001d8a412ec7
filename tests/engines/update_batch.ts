/**
 * A batch with all that losses read.
 *
 * @module
 */

import type { Batch } from "../../src/trajectory/batch.ts";
import { batchOf } from "./engine_fixtures.ts";

/** The second and the third trajectory begin alike, as those of a group do. */
export const BATCH: Batch = (() => {
  const shared = [3, 17, 9, 22, 4, 4, 13, 8];
  const own = Array.from({ length: 36 }, (_, i) => (i * 7 + i * i) % 24);
  const ids = [...own.slice(0, 10), ...shared, ...own.slice(10, 20), ...shared, ...own.slice(20)];
  const batch = batchOf([10, 18, 24], ids, (token) => Number(token % 3 > 0));
  batch.advantages.forEach((_, token) => batch.advantages[token] = Math.sin(2 * token));
  batch.sampledLogprobs.forEach((_, token) => batch.sampledLogprobs[token] = -3 + Math.cos(token));
  return batch;
})();
