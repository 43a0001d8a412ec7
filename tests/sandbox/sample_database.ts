/**
 * A small database file for the tests of this folder, removed when the test ends.
 *
 * @module
 */

import { DatabaseSync } from "node:sqlite";

/** Two singers, one cell of each type and edge: a big integer, an integral real, NULL, empty text and blob. */
export function sampleDatabase(): { readonly path: string } & Disposable {
  const folder = Deno.makeTempDirSync({ prefix: "finestep #% " });
  const path = `${folder}/singers.sqlite`;
  const database = new DatabaseSync(path);
  database.exec(`
    CREATE TABLE singer (id INTEGER, height REAL, name TEXT, photo BLOB);
    INSERT INTO singer VALUES (9007199254740993, 1, 'Zoë', x'00ff'), (2, NULL, '', x'');
    CREATE INDEX singer_name ON singer (name);
    CREATE VIEW tall AS SELECT name FROM singer WHERE height >= 1;
  `);
  database.close();
  return { path, [Symbol.dispose]: () => Deno.removeSync(folder, { recursive: true }) };
}
