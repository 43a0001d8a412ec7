/**
 * A small database with an example to work on, in a temporary folder.
 *
 * @module
 */

import { DatabaseSync } from "node:sqlite";
import type { Example } from "../../src/dataset/example.ts";
import { AnswerResults } from "../../src/env/answer_results.ts";
import { actionText } from "../../src/env/parse.ts";
import type { Task } from "../../src/env/task.ts";
import { SqlPool } from "../../src/sandbox/pool.ts";
import { text2sql } from "../../src/tasks/text2sql.ts";

/** A pool and an example; disposing of them removes the folder. */
export interface Shop extends AsyncDisposable {
  readonly pool: SqlPool;
  /** "How many shops are in Zurich?", 2. */
  readonly example: Example;
}

/** Builds the database: two shops in ZURICH, one in Bern. */
export async function openShop(): Promise<Shop> {
  const folder = await Deno.makeTempDir();
  const path = `${folder}/shop.sqlite`;
  const database = new DatabaseSync(path);
  database.exec(`CREATE TABLE shop (id INTEGER PRIMARY KEY, city TEXT);
    INSERT INTO shop (city) VALUES ('ZURICH'), ('ZURICH'), ('Bern');`);
  database.close();
  const pool = new SqlPool({ roots: [folder], workers: 2 });
  return {
    pool,
    example: exampleOn(path),
    async [Symbol.asyncDispose]() {
      await pool[Symbol.asyncDispose]();
      await Deno.remove(folder, { recursive: true });
    },
  };
}

function exampleOn(path: string): Example {
  const column = { description: "", exampleValues: [], isPrimaryKey: false, references: null };
  const columns = [
    { ...column, name: "id", type: "INTEGER" },
    { ...column, name: "city", type: "TEXT" },
  ];
  return {
    id: "7",
    database: { id: "shops", path, tables: [{ name: "shop", columns }] },
    question: "How many shops are in Zurich?",
    evidence: "",
    goldSql: "SELECT COUNT(*) FROM shop WHERE city = 'ZURICH'",
    difficulty: "simple",
  };
}

/** Text-to-SQL on a pool, with the defaults' deadlines or others. */
export function sqlTask(
  pool: Pick<SqlPool, "execute">,
  { timeoutMs = 5000, toolTimeoutMs }: { timeoutMs?: number; toolTimeoutMs?: number } = {},
): Task {
  return text2sql({ pool, answers: new AnswerResults(pool, { timeoutMs }), toolTimeoutMs });
}

/** A message that calls `execute_sql`. */
export function call(sql: string): string {
  return actionText({
    kind: "toolCall",
    reasoning: "Look.",
    tool: "execute_sql",
    arguments: { sql },
    sql,
  }, "sql");
}

/** A message that answers. */
export function answer(sql: string): string {
  return actionText({ kind: "answer", reasoning: "Done.", sql }, "sql");
}
