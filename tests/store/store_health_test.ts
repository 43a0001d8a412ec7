import assert from "finestep/assert";
import { openDatabase } from "finestep/sqlite";
import { join } from "node:path";
import { migrate, MIGRATIONS } from "../../src/store/migrations.ts";
import { openStore } from "../../src/store/run_store.ts";
import { storeHealth } from "../../src/store/store_health.ts";
import { RUN } from "./episodes.ts";

Deno.test("storeHealth() counts the runs of a sound store, and finds none where there is no file", async () => {
  await using folder = await temporary();
  const path = join(folder.path, "runs.sqlite");
  assert.equal(await storeHealth(path), null);
  {
    using store = openStore(path);
    store.startRun(RUN);
  }
  const { sizeBytes, ...health } = (await storeHealth(path))!;
  assert.equal(sizeBytes, (await Deno.stat(path)).size);
  const schema = MIGRATIONS.at(-1)!.name;
  assert.deepEqual(health, { schema, isOlder: false, damage: [], runs: 1 });
});

Deno.test("storeHealth() reads an older store and refuses a newer one", async () => {
  await using folder = await temporary();
  const [older, newer] = ["older", "newer"].map((name) => join(folder.path, name));
  made(older, MIGRATIONS.slice(0, 1));
  made(newer, [...MIGRATIONS, { name: "m999_notes", sql: "CREATE TABLE notes (text TEXT)" }]);
  const { schema, isOlder } = (await storeHealth(older))!;
  assert.deepEqual([schema, isOlder], [MIGRATIONS[0].name, true]);
  await assert.rejects(storeHealth(newer), /newer program wrote it: it has m999_notes/);
});

Deno.test("storeHealth() says what is damaged", async () => {
  await using folder = await temporary();
  const path = join(folder.path, "runs.sqlite");
  made(path, MIGRATIONS);
  await emptyIndex(path, "sqlite_autoindex_sql_results_1");
  const { damage } = (await storeHealth(path))!;
  assert.match(damage.join("\n"), /missing from index sqlite_autoindex_sql_results_1/);
});

function made(path: string, migrations: typeof MIGRATIONS): void {
  using database = openDatabase(path);
  migrate(database, migrations);
}

/** Puts a row into a table of which an index then forgets everything. */
async function emptyIndex(path: string, name: string): Promise<void> {
  using database = openDatabase(path);
  const { rootpage } = database.prepare("SELECT rootpage FROM sqlite_schema WHERE name = ?")
    .get(name)! as { rootpage: number };
  const pageBytes = Number(database.prepare("PRAGMA page_size").get()!.page_size);
  const [start, end] = [(rootpage - 1) * pageBytes, rootpage * pageBytes];
  const empty = (await Deno.readFile(path)).slice(start, end);
  database.exec("INSERT INTO sql_results VALUES ('k', x'00')");
  const bytes = await Deno.readFile(path);
  bytes.set(empty, start);
  await Deno.writeFile(path, bytes);
}

async function temporary() {
  const path = await Deno.makeTempDir();
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }) };
}
