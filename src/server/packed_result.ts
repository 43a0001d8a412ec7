/**
 * Large results, packed while nobody looks at them. A session holds what its queries found up to its
 * end, for rewards and for the file of trajectories, and as objects that is ten times and more of what it
 * is in packed bytes: some dozens of clients with wide results would fill the heap.
 *
 * @module
 */

import { deserialize, serialize } from "node:v8";
import { deflateRawSync, inflateRawSync } from "node:zlib";
import type { Task } from "../env/task.ts";
import type { SqlResult, SqlRow } from "../sandbox/result_set.ts";
import { rowBytes } from "../sandbox/row_bytes.ts";

/** Bytes, by {@linkcode rowBytes}, from which a result is packed. */
const MIN_BYTES = 2 ** 16;

/** The task with tools whose large results are packed. */
export function withPackedResults(task: Task): Task {
  return {
    ...task,
    tools: task.tools.map((tool) => ({
      ...tool,
      run: async (...call) => packedResult(await tool.run(...call)),
    })),
  };
}

/** What gives a value for as long as it is there. */
type Reference<T> = Pick<WeakRef<WeakKey & T>, "deref">;

/**
 * The same result. The rows of a large one are unpacked when they are looked at, and are the collector's
 * to take away afterwards.
 *
 * @param refer Refers to rows without holding them.
 */
export function packedResult(
  result: SqlResult,
  refer: (rows: readonly SqlRow[]) => Reference<readonly SqlRow[]> = (rows) => new WeakRef(rows),
): SqlResult {
  if (result.kind !== "rows" || isSmall(result.rows)) return result;
  const packed = deflateRawSync(serialize(result.rows), { level: 1 });
  let unpacked = refer(result.rows);
  const { rows: _, ...rest } = result;
  return {
    ...rest,
    get rows() {
      let rows = unpacked.deref();
      if (rows === undefined) {
        rows = deserialize(inflateRawSync(packed)) as readonly SqlRow[];
        unpacked = refer(rows);
      }
      return rows;
    },
  };
}

function isSmall(rows: readonly SqlRow[]): boolean {
  let bytes = 0;
  return rows.every((row) => (bytes += rowBytes(row)) < MIN_BYTES);
}
