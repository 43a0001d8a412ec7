import assert from "finestep/assert";
import { join } from "node:path";
import { findLayout, hasSplit } from "../../src/dataset/layout.ts";
import { BirdFolder } from "./bird_folder.ts";

interface Case {
  readonly what: string;
  readonly files: readonly string[];
  readonly split?: string;
  /** Benchmark, split, and the paths of questions, databases, tables and gold file. */
  readonly expected: readonly (string | null)[];
}

/** A folder with empty files of these names. */
function folderOf(...names: readonly string[]): BirdFolder {
  const folder = new BirdFolder();
  for (const name of names) folder.write(name, "");
  return folder;
}

for (
  const { what, files, split, expected } of [
    {
      what: "BIRD dev as unpacked",
      files: ["dev.json", "dev_gold.sql", "dev_tables.json", "dev_databases/shop/shop.sqlite"],
      expected: ["bird", "dev", "dev.json", "dev_databases", "dev_tables.json", "dev_gold.sql"],
    },
    {
      what: "BIRD train as unpacked",
      files: ["train.json", "train_gold.sql", "train_databases/shop/shop.sqlite"],
      expected: ["bird", "train", "train.json", "train_databases", null, "train_gold.sql"],
    },
    {
      what: "mini-dev beside its other dialects",
      files: ["mini_dev_mysql.json", "mini_dev_sqlite.json", "dev_databases/shop/shop.sqlite"],
      expected: ["bird", "mini_dev", "mini_dev_sqlite.json", "dev_databases", null, null],
    },
    {
      what: "mini-dev from the folder around its folder",
      files: [
        "minidev/MINIDEV/mini_dev_sqlite.jsonl",
        "minidev/MINIDEV/mini_dev_sqlite_gold.sql",
        "minidev/MINIDEV/dev_databases/shop/shop.sqlite",
        "__MACOSX/minidev/._MINIDEV",
      ],
      expected: [
        "bird",
        "mini_dev",
        "minidev/MINIDEV/mini_dev_sqlite.jsonl",
        "minidev/MINIDEV/dev_databases",
        null,
        "minidev/MINIDEV/mini_dev_sqlite_gold.sql",
      ],
    },
    {
      what: "databases unpacked into a folder of their name",
      files: ["dev.json", "dev_databases/dev_databases/shop/shop.sqlite"],
      expected: ["bird", "dev", "dev.json", "dev_databases/dev_databases", null, null],
    },
    {
      what: "Spider, dev by default",
      files: [
        "train_spider.json",
        "dev.json",
        "tables.json",
        "dev_gold.sql",
        "database/a/a.sqlite",
      ],
      expected: ["spider", "dev", "dev.json", "database", "tables.json", "dev_gold.sql"],
    },
    {
      what: "Spider's train, whose gold file holds more than its questions",
      files: ["train_spider.json", "tables.json", "train_gold.sql", "database/a/a.sqlite"],
      expected: ["spider", "train", "train_spider.json", "database", "tables.json", null],
    },
    {
      what: "Spider's test split with its own databases",
      files: ["dev.json", "test.json", "database/a/a.sqlite", "test_database/b/b.sqlite"],
      split: "test",
      expected: ["spider", "test", "test.json", "test_database", null, null],
    },
    {
      what: "the only folder inside that has the split",
      files: [
        "a/dev.json",
        "a/dev_databases/x/x.sqlite",
        "b/train.json",
        "b/train_databases/x/x.sqlite",
        "c/train.json",
      ],
      split: "train",
      expected: ["bird", "train", "b/train.json", "b/train_databases", null, null],
    },
  ] as readonly Case[]
) {
  Deno.test(`findLayout() finds ${what}`, async () => {
    await using folder = folderOf(...files);
    const layout = await findLayout(folder.path, split);
    const { questions, databases, tables, gold } = layout.files;
    assert.deepEqual(
      [layout.name, layout.split, questions, databases, tables, gold],
      [
        ...expected.slice(0, 2),
        ...expected.slice(2).map((name) => name && join(folder.path, name)),
      ],
    );
  });
}

Deno.test("findLayout() names the folders to choose from", async () => {
  await using folder = folderOf(
    ...["dev_20240627", "mini_dev"].flatMap((name) => [
      `${name}/dev.json`,
      `${name}/dev_databases/shop/shop.sqlite`,
    ]),
  );
  const { path } = folder;
  await assert.rejects(findLayout(path), {
    message: `Cannot load a data set as a folder must hold one: ${path} holds ` +
      `${join(path, "dev_20240627")}, ${join(path, "mini_dev")}`,
  });
});

Deno.test("findLayout() says that databases are still packed", async () => {
  await using folder = folderOf("dev.json", "dev_databases.zip");
  const { path } = folder;
  await assert.rejects(findLayout(path), {
    message: `Cannot load BIRD as its databases are missing: expected ` +
      `${join(path, "dev_databases")} or ${join(path, "train_databases")}, ` +
      `which are still packed in ${join(path, "dev_databases.zip")}`,
  });
});

Deno.test("findLayout() names Spider's files where the folder is Spider's", async () => {
  await using folder = folderOf("database/a/a.sqlite");
  await assert.rejects(findLayout(folder.path, "train"), {
    message: `Cannot load Spider as its question file is missing: expected ` +
      ["json", "jsonl"].map((end) => join(folder.path, `train_spider.${end}`)).join(" or "),
  });
});

Deno.test("hasSplit() looks into the data set inside a folder", async () => {
  await using folder = folderOf("minidev/MINIDEV/mini_dev_sqlite.json", "minidev/MINIDEV/dev.json");
  folder.write("minidev/MINIDEV/dev_databases/shop/shop.sqlite", "");
  assert.equal(await hasSplit(folder.path, "mini_dev"), true);
  assert.equal(await hasSplit(folder.path, "train"), false);
});
