/**
 * The one tool of the paper's setting: run a read-only query and see its first rows.
 *
 * @module
 */

import { TOOL_CAPS } from "../env/options.ts";
import type { Tool, ToolForm } from "../env/tool.ts";
import type { SqlPool } from "../sandbox/pool.ts";

/** `execute_sql(sql)`. */
export const EXECUTE_SQL: ToolForm = {
  name: "execute_sql",
  description:
    "Runs one read-only SQLite query on the database and returns its first rows, or the error message.",
  parameters: {
    type: "object",
    properties: { sql: { type: "string", description: "The query to run." } },
    required: ["sql"],
  },
  query: ({ sql }) => sql,
};

/** {@linkcode EXECUTE_SQL} on the example's database. */
export function executeSql(pool: Pick<SqlPool, "execute">, timeoutMs: number): Tool {
  return {
    ...EXECUTE_SQL,
    run: ({ sql }, { database }) => pool.execute(database.path, sql, { ...TOOL_CAPS, timeoutMs }),
  };
}
