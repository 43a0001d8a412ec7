import assert from "finestep/assert";
import { DatabaseSync } from "node:sqlite";
import { fileURLToPath } from "node:url";
import { LIMITS, ReadOnlyDatabase } from "../../src/sandbox/read_only_database.ts";
import { BIRD, NEEDS_BIRD } from "../dataset/real_bird.ts";
import { type GoldQueries, goldsIn, otherDevGolds, trainGolds } from "./gold_queries.ts";

const CAPS = { maxRows: 1_000_000, maxBytes: 2 ** 25 };
const MINIBIRD = fileURLToPath(new URL("../../fixtures/minibird", import.meta.url));
const SPIDER = fileURLToPath(new URL("../../../shared/spider", import.meta.url));

/** Limits that a statement can need more or less of; the rest cap values. */
const COUNTED = ["exprDepth", "compoundSelect", "functionArg", "column", "vdbeOp"] as const;

type Needs = Record<typeof COUNTED[number] | "sqlLength", number>;

interface Calibration {
  /** The least limits under which all golds can be prepared that can be at all. */
  readonly least: Needs;
  /** Golds that cannot be prepared under any limits: SQLite itself refuses them. */
  readonly broken: number;
}

/** SQLite without our limits, as Python opens it. */
function plainDatabase(path: string) {
  const options = { readOnly: true, enableDoubleQuotedStringLiterals: true };
  return new DatabaseSync(path, options) as DatabaseSync & { limits: Record<string, number> };
}

/** Golds that run in SQLite and not in the sandbox. */
function blocked({ path, statements }: GoldQueries): string[] {
  using database = new ReadOnlyDatabase(path);
  const plain = plainDatabase(path);
  const found = statements.filter((sql) => {
    const result = database.query(sql, CAPS);
    return (result.kind !== "rows" || result.truncated) && runs(plain, sql);
  });
  plain.close();
  return found;
}

function runs(database: DatabaseSync, sql: string): boolean {
  try {
    database.prepare(sql).all();
    return true;
  } catch {
    return false;
  }
}

function calibrated(golds: readonly GoldQueries[]): Calibration {
  let broken = 0;
  const least: Needs = {
    exprDepth: 1,
    compoundSelect: 1,
    functionArg: 1,
    column: 1,
    vdbeOp: 1,
    sqlLength: 0,
  };
  for (const { path, statements } of golds) {
    const database = plainDatabase(path);
    for (const sql of statements) {
      if (!prepares(database, sql)) {
        broken++;
        continue;
      }
      least.sqlLength = Math.max(least.sqlLength, new TextEncoder().encode(sql).length);
      for (const name of COUNTED) least[name] = leastLimit(database, sql, name, least[name]);
    }
    database.close();
  }
  return { least, broken };
}

function leastLimit(
  database: DatabaseSync & { limits: Record<string, number> },
  sql: string,
  name: string,
  known: number,
): number {
  const usual = database.limits[name];
  let limit = known;
  for (database.limits[name] = limit; !prepares(database, sql); database.limits[name] = ++limit);
  database.limits[name] = usual;
  return limit;
}

function prepares(database: DatabaseSync, sql: string): boolean {
  try {
    database.prepare(sql);
    return true;
  } catch {
    return false;
  }
}

/** All golds run, and need at most half of each limit. */
function assertRoom(name: string, golds: readonly GoldQueries[]): void {
  assert.deepEqual(golds.flatMap(blocked), []);
  const { least, broken } = calibrated(golds);
  const count = golds.reduce((sum, { statements }) => sum + statements.length, 0);
  const margins = Object.entries(least).map(([limit, needed]) => {
    return `${limit} ${needed} of ${LIMITS[limit as keyof Needs]}`;
  });
  console.info(`${name}, ${count} golds (${broken} broken) need at most: ${margins.join(", ")}`);
  // The DDL at hand of retail_world, a database of BIRD's train set, is not that of its golds.
  assert.ok(broken < count / 20, `${broken} golds cannot be prepared`);
  for (const [limit, needed] of Object.entries(least)) {
    assert.ok(2 * needed <= LIMITS[limit as keyof Needs], `${limit}: a gold needs ${needed}`);
  }
}

Deno.test("ReadOnlyDatabase runs minibird's golds with half of its limits to spare", () => {
  const pathOf = (id: string) => `${MINIBIRD}/dev_databases/${id}/${id}.sqlite`;
  const files = ["train.json", "dev.json", "test.json"].map((name) => `${MINIBIRD}/${name}`);
  assertRoom("minibird", files.flatMap((file) => goldsIn(file, pathOf)));
});

Deno.test({
  name: "ReadOnlyDatabase runs BIRD's dev and mini-dev golds with half of its limits to spare",
  ...NEEDS_BIRD,
  fn() {
    const releases = [["dev_20240627", "dev.json"], ["mini_dev", "mini_dev_sqlite.json"]];
    assertRoom(
      "BIRD dev and mini-dev",
      releases.flatMap(([release, file]) =>
        goldsIn(
          `${BIRD}/${release}/${file}`,
          (id) => `${BIRD}/${release}/dev_databases/${id}/${id}.sqlite`,
        )
      ),
    );
  },
});

for (const [name, goldsBelow] of [["other dev", otherDevGolds], ["train", trainGolds]] as const) {
  Deno.test({
    name: `ReadOnlyDatabase prepares BIRD's ${name} golds with half of its limits to spare`,
    ...NEEDS_BIRD,
    fn() {
      const folder = Deno.makeTempDirSync();
      assertRoom(`BIRD ${name}, without rows`, goldsBelow(folder));
      Deno.removeSync(folder, { recursive: true });
    },
  });
}

Deno.test({
  name: "ReadOnlyDatabase runs Spider's golds with half of its limits to spare",
  ignore: !isFolder(SPIDER),
  fn() {
    const pathOf = (id: string) => `${SPIDER}/database/${id}/${id}.sqlite`;
    assertRoom("Spider", goldsIn(`${SPIDER}/train_spider.json`, pathOf));
  },
});

function isFolder(path: string): boolean {
  try {
    return Deno.statSync(path).isDirectory;
  } catch {
    console.info("skipped: no Spider data");
    return false;
  }
}
