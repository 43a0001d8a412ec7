import assert from "finestep/assert";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { openDatabase } from "finestep/sqlite";
import { readBenchDocument } from "../src/cli/bench_document.ts";
import { parseQuarantine } from "../src/dataset/quarantine.ts";
import { parseBaseline } from "../src/gate/baseline.ts";
import { parseLeaderboard } from "../src/leaderboard/board.ts";
import { EVALUATION, VERDICT } from "../src/reports/export/schema.ts";
import { MIGRATIONS } from "../src/store/migrations.ts";
import { openStore } from "../src/store/run_store.ts";
import { latestCheckpoint } from "../src/trainer/checkpoint.ts";
import { decodeEpisode } from "../src/trajectory/codec.ts";
import { withFolder } from "./tiny/folders.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const FORMS = join(ROOT, "fixtures", "forms");

/** Each form of text that is read again, and a field of what is read. */
const READERS: Readonly<Record<string, (text: string, path: string) => unknown>> = {
  "episode_1.jsonl": (text) => decodeEpisode(text).policy,
  "gate_1.json": (text, path) => parseBaseline(text, path).attempts.greedy.length,
  "leaderboard_1.json": (text, path) => parseLeaderboard(text, path).rows.length,
  "quarantine_1.json": (text, path) => parseQuarantine(text, path).questions.length,
};

for (const [name, read] of Object.entries(READERS)) {
  Deno.test(`${name}, which an older finestep wrote, is read`, async () => {
    const path = join(FORMS, name);
    assert(read(await Deno.readTextFile(path), path));
  });

  Deno.test(`${name} of a newer version is refused in one way`, async () => {
    const path = join(FORMS, name);
    const text = await Deno.readTextFile(path);
    const newer = text.replace(/"(finestep\.[\w-]+)\/1"/, '"$1/2"')
      .replace(/"version":1\b/, '"version":2');
    assert.notEqual(newer, text);
    assert.throws(() => read(newer, path), /^\w+: Cannot read .*(\/|version )2.*reads up to/);
  });
}

Deno.test("an experiment without a version is read, and one of a newer version refused", async () => {
  const path = join(FORMS, "bench_unversioned.json");
  assert.equal((await readBenchDocument(path)).cells.length, 1);
  await withFolder(async (folder) => {
    const newer = join(folder, "bench.json");
    const document = JSON.parse(await Deno.readTextFile(path));
    await Deno.writeTextFile(newer, JSON.stringify({ ...document, schema: "finestep.bench/2" }));
    await assert.rejects(readBenchDocument(newer), /bench\/2, this program reads up to .*bench\/1/);
  });
});

Deno.test("exports that an older finestep wrote hold to today's schemas", async () => {
  const document = JSON.parse(await Deno.readTextFile(join(FORMS, "evaluation_1.json")));
  assert.equal(EVALUATION.parse(document).verdicts.length, 2);
  const lines = (await Deno.readTextFile(join(FORMS, "verdicts_unversioned.jsonl"))).trimEnd();
  assert.equal(lines.split("\n").map((line) => VERDICT.parse(JSON.parse(line))).length, 2);
});

for (const { name } of MIGRATIONS) {
  const version = name.slice(0, "m001".length);
  Deno.test(`a store of ${version}, which an older finestep wrote, is brought up to date and read`, async () => {
    await withFolder(async (folder) => {
      const path = join(folder, "runs.sqlite");
      {
        using database = openDatabase(path);
        database.exec(await Deno.readTextFile(join(FORMS, `store_${version}.sql`)));
      }
      using store = openStore(path);
      const [training, ...evaluations] = store.runs();
      assert.deepEqual([training.kind, training.status], ["train", "finished"]);
      assert.equal(store.trainSteps(training.id).length, 1);
      const phases = store.metrics(training.id).map(({ phase }) => phase);
      assert.deepEqual([...new Set(phases)].sort(), ["after", "before"]);
      for (const phase of ["before", "after"] as const) {
        assert.equal([...store.episodes(training.id, phase)].length, 1);
      }
      // Before m002 there were no verdicts.
      const verdicts = evaluations.flatMap(({ id }) => [...store.verdicts(id, "eval")]);
      assert.equal(verdicts.length, version === "m001" ? 0 : 3);
    });
  });
}

Deno.test("a checkpoint from before there was a token budget is read", async () => {
  const found = await latestCheckpoint(join(FORMS, "checkpoint_1_without_tokens"));
  const { trainStep, cursorPosition, sampledTokens, engineState } = found;
  assert.deepEqual([trainStep, cursorPosition, sampledTokens], [4, 32, 0]);
  assert.deepEqual([...engineState.tensors.keys()].length, 3);
});

Deno.test("docs/formats.md lists every form that the source names, with its version", async () => {
  const page = await Deno.readTextFile(join(ROOT, "docs/formats.md"));
  const listed = new Set(
    Array.from(page.matchAll(/^\| `(finestep\.[\w-]+\/\d+)`/gm), ([, f]) => f),
  );
  const named = new Set(
    sources(join(ROOT, "src")).flatMap((text) =>
      Array.from(text.matchAll(/= "(finestep\.[\w-]+\/\d+)";/g), ([, form]) => form)
    ),
  );
  assert.deepEqual([...named].sort(), [...listed].sort());
});

function sources(folder: string): string[] {
  return [...Deno.readDirSync(folder)].flatMap(({ name, isDirectory }) => {
    if (isDirectory) return sources(join(folder, name));
    return name.endsWith(".ts") ? [Deno.readTextFileSync(join(folder, name))] : [];
  });
}
