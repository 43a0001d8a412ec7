/**
 * The one tool of the paper's setting: run a read-only query and see its first rows.
 *
 * @module
 */

import type { Tool } from "./tool.ts";

/** `execute_sql(sql)`. */
export const EXECUTE_SQL: Tool = {
  name: "execute_sql",
  description:
    "Runs one read-only SQLite query on the database and returns its first rows, or the error message.",
  parameters: {
    type: "object",
    properties: { sql: { type: "string", description: "The query to run." } },
    required: ["sql"],
  },
  sql: (args) => args.sql,
};

/** The tools of an episode. */
export const TOOLS: readonly Tool[] = [EXECUTE_SQL];
