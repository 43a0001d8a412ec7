/**
 * A small BIRD folder for tests, and a pool without processes to read it.
 *
 * @module
 */

import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { ReadOnlyDatabase } from "../../src/sandbox/read_only_database.ts";
import type { SqlPool } from "../../src/sandbox/pool.ts";

/** A temporary folder that is removed with its content. */
export class BirdFolder implements AsyncDisposable {
  readonly path = Deno.makeTempDirSync({ prefix: "bird" });

  /** Writes a file; objects as JSON. */
  write(name: string, content: string | Uint8Array | object): void {
    const path = join(this.path, name);
    Deno.mkdirSync(dirname(path), { recursive: true });
    if (content instanceof Uint8Array) Deno.writeFileSync(path, content);
    else {Deno.writeTextFileSync(
        path,
        typeof content === "string" ? content : JSON.stringify(content),
      );}
  }

  /** Makes `<databases>/<id>/<id>.sqlite`. */
  database(id: string, sql: string, databases = "dev_databases"): void {
    this.write(`${databases}/${id}/${id}.sqlite`, "");
    const path = join(this.path, databases, id, `${id}.sqlite`);
    // BIRD has foreign keys to tables that do not exist.
    const database = new DatabaseSync(path, { enableForeignKeyConstraints: false });
    database.exec(sql);
    database.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.path, { recursive: true });
  }
}

/** Runs SQL in this process, with the sandbox's rules but without its deadline. */
export const IN_PROCESS: Pick<SqlPool, "execute"> = {
  // deno-lint-ignore require-await
  async execute(path, sql, { maxRows = 1000, maxBytes = 1e6 } = {}) {
    try {
      using database = new ReadOnlyDatabase(path);
      return database.query(sql, { maxRows, maxBytes });
    } catch (error) {
      return { kind: "error", message: (error as Error).message, elapsedMs: 0 };
    }
  },
};

/** A question of the database `shop`. */
export function question(fields: object = {}): object {
  return { db_id: "shop", question: "How many?", evidence: "", SQL: "SELECT 1", ...fields };
}
