import assert from "finestep/assert";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { loadDataset } from "../../src/dataset/dataset.ts";
import { datasetFingerprint } from "../../src/dataset/fingerprint.ts";
import { checkGold } from "../../src/dataset/gold_check.ts";
import {
  parseQuarantine,
  type Quarantine,
  quarantineOf,
  quarantineText,
  readQuarantine,
} from "../../src/dataset/quarantine.ts";
import { BirdFolder, IN_PROCESS, question } from "./bird_folder.ts";

const CHECKED = {
  ...{ sqlite: "3.50.0", now: "2024-06-27T00:00:00Z" },
  ...{ timeoutMs: 100, maxRows: 10, maxBytes: 1000 },
};

function sha256(content: string | Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}

function hashed(path: string): string {
  return sha256(Deno.readFileSync(path));
}

async function shopFolder(golds = ["SELECT 1", "SELECT missing", "SELECT 1 WHERE 0"]) {
  const folder = new BirdFolder();
  folder.write("dev.json", golds.map((SQL) => question({ SQL })));
  folder.database("shop", "CREATE TABLE item (id)");
  const dataset = await loadDataset(folder.path, { schemas: "skip" });
  const fingerprint = await datasetFingerprint(dataset, hashed);
  const list = quarantineOf(dataset, fingerprint, await checkGold(dataset, IN_PROCESS), CHECKED);
  return { folder, dataset, fingerprint, list };
}

Deno.test("datasetFingerprint() hashes the question file and the sorted databases", async () => {
  const databases = ["zoo", "shop"].map((id) => ({ id, path: `/${id}.sqlite`, tables: [] }));
  const files = { questions: "/dev.json", databases: "/", tables: null, gold: null };
  const fingerprint = await datasetFingerprint({ files, databases }, (path) => `hash of ${path}`);
  assert.deepEqual(fingerprint, {
    questionsSha256: "hash of /dev.json",
    databasesSha256: sha256("shop hash of /shop.sqlite\nzoo hash of /zoo.sqlite\n"),
  });
});

Deno.test("quarantineOf() lists the unsound questions with their reasons", async () => {
  const { folder, fingerprint, list } = await shopFolder();
  await using _ = folder;
  const { version, ...content } = list;
  assert.deepEqual(content, {
    schema: "finestep.quarantine/1",
    generatedBy: "finestep data check",
    dataSet: { name: "bird", split: "dev", ...fingerprint },
    checked: CHECKED,
    counts: { empty: 1, error: 1 },
    questions: [
      { id: "1", database: "shop", reasons: ["error"], detail: "no such column: missing" },
      { id: "2", database: "shop", reasons: ["empty"], detail: "gives no rows" },
    ],
  });
  assert.equal(version, sha256(JSON.stringify(content)).slice(0, 12));
});

Deno.test("readQuarantine() gives back what was written, the same each time", async () => {
  const { folder, fingerprint, list } = await shopFolder();
  await using _ = folder;
  const again = await shopFolder();
  await using __ = again.folder;
  assert.equal(quarantineText(again.list), quarantineText(list));
  folder.write("list.json", quarantineText(list));
  assert.deepEqual(await readQuarantine(join(folder.path, "list.json"), fingerprint), list);
});

Deno.test("readQuarantine() refuses a list of other questions or databases, naming both", async () => {
  const { folder, fingerprint, list } = await shopFolder();
  await using _ = folder;
  folder.write("list.json", quarantineText(list));
  const path = join(folder.path, "list.json");
  for (
    const [what, key] of [["questions", "questionsSha256"], [
      "databases",
      "databasesSha256",
    ]] as const
  ) {
    const other = sha256("other");
    await assert.rejects(readQuarantine(path, { ...fingerprint, [key]: other }), {
      message: `Cannot use quarantine list ${path} as it must be of the data set evaluated: ` +
        `its ${what} are ${fingerprint[key].slice(0, 12)} (bird dev), ` +
        `those here are ${other.slice(0, 12)}`,
    });
  }
});

for (
  const [what, edited, message] of [
    [
      "edited by hand",
      (list: Quarantine) => JSON.stringify({ ...list, questions: list.questions.slice(1) }),
      /^Cannot read quarantine list q\.json as its version must be that of its content, as written by "finestep data check": it says "[0-9a-f]{12}", the content is [0-9a-f]{12}$/,
    ],
    [
      "without a version",
      (list: Quarantine) => JSON.stringify({ ...list, version: undefined }),
      /it says none, the content is [0-9a-f]{12}$/,
    ],
    [
      "of a later schema",
      (list: Quarantine) => JSON.stringify({ ...list, schema: "finestep.quarantine/2" }),
      /^Cannot read quarantine list q\.json as a newer program wrote it: it is of finestep\.quarantine\/2, this program reads up to finestep\.quarantine\/1$/,
    ],
    ["of questions", () => "[]", /as its schema must be finestep\.quarantine\/1: found none$/],
    ["that is null", () => "null", /as its schema must be finestep\.quarantine\/1: found none$/],
    [
      "cut short",
      (list: Quarantine) => quarantineText(list).slice(0, 99),
      /as it must be JSON: line 5: Unterminated string$/,
    ],
    [
      "of a reason that there is not",
      ({ version: _, ...list }: Quarantine) => {
        const content = { ...list, counts: { ugly: 1 } };
        return JSON.stringify({
          ...content,
          version: sha256(JSON.stringify(content)).slice(0, 12),
        });
      },
      /^Cannot read quarantine list q\.json as "counts.*" is wrong: /,
    ],
  ] as const
) {
  Deno.test(`parseQuarantine() refuses a list ${what}`, async () => {
    const { folder, list } = await shopFolder();
    await using _ = folder;
    assert.throws(() => parseQuarantine(edited(list), "q.json"), { message });
  });
}
