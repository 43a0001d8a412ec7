/**
 * A handful of attacks on a copy of a database, to see on this very machine that the sandbox holds. The
 * full list is that of `deno task attacks`.
 *
 * @module
 */

import { basename, join } from "node:path";
import type { Database } from "../dataset/example.ts";
import { SqlPool } from "../sandbox/pool.ts";
import { fileSha256 } from "../store/file_hashes.ts";

/** What is tried; `FOLDER` stands for the database's folder, `TABLE` for its first table. */
const ATTACKS = [
  "DROP TABLE TABLE",
  "DELETE FROM TABLE",
  "WITH t AS (SELECT 1) DELETE FROM TABLE",
  "CREATE TABLE attack (x)",
  "SELECT 1; DROP TABLE TABLE",
  "PRAGMA writable_schema = 1",
  "ATTACH 'FOLDER/attached.sqlite' AS a",
  "VACUUM INTO 'FOLDER/copy.sqlite'",
  "SELECT load_extension('FOLDER/x.so')",
  "SELECT zeroblob(1e9)",
  "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n",
];

/** What shall not end by itself need not be waited for. */
const TIMEOUT_MS = 200;

/** What was tried, and what came through, in words. */
export interface AttackFindings {
  readonly attacks: number;
  readonly succeeded: readonly string[];
}

/** Attacks a copy of a database. */
export async function attacked({ path, tables }: Database): Promise<AttackFindings> {
  const folder = await Deno.makeTempDir({ prefix: "finestep" });
  try {
    const copy = join(folder, basename(path));
    await Deno.copyFile(path, copy);
    const before = await folderState(folder);
    await using pool = new SqlPool({ roots: [folder], workers: 1 });
    const succeeded: string[] = [];
    for (const attack of ATTACKS) {
      const sql = attack.replaceAll("FOLDER", folder)
        .replaceAll(/(?<=TABLE |FROM )TABLE/g, () => `"${tables[0].name}"`);
      const { kind } = await pool.execute(copy, sql, { timeoutMs: TIMEOUT_MS });
      const isHarmless = await folderState(folder) === before;
      if (kind === "rows" || kind === "crashed" || !isHarmless) {
        succeeded.push(`${attack}: ${kind}${isHarmless ? "" : ", and files changed"}`);
      }
    }
    return { attacks: ATTACKS.length, succeeded };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Names and bytes of a folder's files. */
async function folderState(folder: string): Promise<string> {
  const names = Array.from(Deno.readDirSync(folder), ({ name }) => name).sort();
  const hashes = await Promise.all(names.map((name) => fileSha256(join(folder, name))));
  return JSON.stringify([names, hashes]);
}
