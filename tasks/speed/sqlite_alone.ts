/**
 * Runs each distinct statement of gold and prediction files once, in SQLite alone: no harness can score
 * the files for less. `deno run -A tasks/speed/sqlite_alone.ts <data folder> <prediction file>...`
 *
 * @module
 */

import { DatabaseSync } from "node:sqlite";
import { loadDataset } from "../../src/dataset/dataset.ts";
import { readPredictions } from "../../src/dataset/predictions.ts";

const [folder, ...files] = Deno.args;
const { examples, databases } = await loadDataset(folder, { schemas: "skip" });
const statements = new Map(databases.map(({ path }) => [path, new Set<string>()]));
for (const file of files) {
  const { sqlByExample } = await readPredictions(file, examples);
  for (const { id, database, goldSql } of examples) {
    statements.get(database.path)!.add(goldSql).add(sqlByExample.get(id) ?? "");
  }
}
for (const [path, sqls] of statements) {
  const database = new DatabaseSync(path, { readOnly: true });
  for (const sql of sqls) {
    try {
      const statement = database.prepare(sql);
      statement.setReadBigInts(true);
      statement.all();
    } catch {
      // SQL that fails costs what it costs.
    }
  }
}
