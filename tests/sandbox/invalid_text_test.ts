import assert from "finestep/assert";
import { DatabaseSync } from "node:sqlite";
import { isUtf8 } from "../../src/sandbox/invalid_text.ts";
import { ReadOnlyDatabase } from "../../src/sandbox/read_only_database.ts";

const CAPS = { maxRows: 100, maxBytes: 10_000 };

function folderWith(encoding: string) {
  const folder = Deno.makeTempDirSync();
  const path = `${folder}/text.sqlite`;
  const database = new DatabaseSync(path);
  database.exec(`
    PRAGMA encoding = '${encoding}';
    CREATE TABLE word (id INTEGER PRIMARY KEY, text TEXT);
    INSERT INTO word VALUES (1, 'Zoë'), (2, 'a' || char(65533)), (3, CAST(x'61ff' AS TEXT)),
      (4, CAST(x'eda080' AS TEXT)), (5, x'ff');
  `);
  database.close();
  return { path, [Symbol.dispose]: () => Deno.removeSync(folder, { recursive: true }) };
}

// Whether Python 3.11's sqlite3 raises "Could not decode to UTF-8".
const CASES: readonly (readonly [sql: string, isInvalid: boolean])[] = [
  ["SELECT text FROM word WHERE id = 1", false],
  ["SELECT text FROM word WHERE id = 2", false],
  ["SELECT text FROM word WHERE id = 5", false],
  ["SELECT text FROM word WHERE id = 3", true],
  ["SELECT text FROM word WHERE id = 4", true],
  ["SELECT id, text, id FROM word ORDER BY id", true],
  ["SELECT id, text, id FROM word ORDER BY id LIMIT 2; -- two", false],
  ["SELECT upper(text) || 'x' AS [a b] FROM word WHERE id = 3 /* open", true],
  ["WITH w AS (SELECT text FROM word) SELECT * FROM w", true],
  ["SELECT text FROM word WHERE id = 1 UNION SELECT text FROM word WHERE id = 3", true],
  ["SELECT CAST(text AS BLOB) FROM word", false],
  ["SELECT length(text) FROM word", false],
  ["VALUES ('a' || CAST(x'c0' AS TEXT)), (1)", true],
  ["EXPLAIN SELECT 'a' || char(65533)", false],
];

Deno.test("ReadOnlyDatabase.query() marks a result with text that is not UTF-8", () => {
  using text = folderWith("UTF-8");
  using database = new ReadOnlyDatabase(text.path);
  for (const [sql, isInvalid] of CASES) {
    const result = database.query(sql, CAPS);
    assert.equal(result.kind, "rows", sql);
    assert.equal("invalidText" in result, isInvalid, sql);
  }
});

Deno.test("ReadOnlyDatabase.query() leaves the replacing of text in UTF-16 to SQLite, as Python does", () => {
  using text = folderWith("UTF-16le");
  using database = new ReadOnlyDatabase(text.path);
  const result = database.query("SELECT text FROM word WHERE id = 2", CAPS);
  assert.ok(result.kind === "rows" && !result.invalidText);
  assert.deepEqual(result.rows, [["a\uFFFD"]]);
  assert.equal(database.query("PRAGMA encoding", CAPS).kind, "refused", "the authorizer is back");
});

Deno.test("isUtf8() refuses what Python's decoder refuses", () => {
  const valid = ["", "61", "c3ab", "efbfbd", "efbfbf", "f09f9880", "efbbbf61"];
  const invalid = ["ff", "c3", "c0af", "eda080", "f4908080", "61ff62"];
  assert.deepEqual(valid.filter((hex) => !isUtf8(Uint8Array.fromHex(hex))), []);
  assert.deepEqual(invalid.filter((hex) => isUtf8(Uint8Array.fromHex(hex))), []);
});
