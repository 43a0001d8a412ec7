import assert from "finestep/assert";
import fc from "fast-check";
import { join } from "node:path";
import { divided, loadTrainingData } from "../../src/dataset/held_out.ts";
import { BirdFolder, IN_PROCESS, question } from "./bird_folder.ts";

const DEFAULTS = { split: "", evalData: "", evalSplit: "dev", filter: "", seed: 1 };

/** A folder with `count` questions for each split named. */
function folderOf(counts: Readonly<Record<string, number>>): BirdFolder {
  const folder = new BirdFolder();
  folder.database("shop", "CREATE TABLE item (id INTEGER)");
  for (const [split, count] of Object.entries(counts)) {
    const questions = Array.from(
      { length: count },
      (_, n) => question({ question: `${split} ${n}` }),
    );
    folder.write(`${split}.json`, questions);
  }
  return folder;
}

async function loaded(folder: BirdFolder, changes: Partial<typeof DEFAULTS> = {}) {
  const options = { ...DEFAULTS, data: folder.path, ...changes };
  const { training, heldOut, ...rest } = await loadTrainingData(options, IN_PROCESS);
  const texts = (examples: typeof training) => examples.map(({ question }) => question);
  return { training: texts(training), heldOut: texts(heldOut), ...rest };
}

Deno.test("loadTrainingData() trains on train and evaluates on dev where there are both", async () => {
  await using folder = folderOf({ train: 3, dev: 2, test: 1 });
  const { training, heldOut, description } = await loaded(folder);
  assert.deepEqual(training, ["train 0", "train 1", "train 2"]);
  assert.deepEqual(heldOut, ["dev 0", "dev 1"]);
  const { path } = folder;
  assert.equal(description, `${path} train (3 questions), evaluated on ${path} dev (2 questions)`);
});

Deno.test("loadTrainingData() takes the splits that it is told to", async () => {
  await using folder = folderOf({ train: 3, dev: 2, test: 1 });
  const { training, heldOut } = await loaded(folder, { split: "dev", evalSplit: "test" });
  assert.deepEqual(training, ["dev 0", "dev 1"]);
  assert.deepEqual(heldOut, ["test 0"]);
});

Deno.test("loadTrainingData() filters what is trained and evaluated on", async () => {
  await using folder = folderOf({ train: 3, dev: 2 });
  const { training, heldOut } = await loaded(folder, { filter: "id=0|1" });
  assert.deepEqual([training, heldOut], [["train 0", "train 1"], ["dev 0", "dev 1"]]);
  await assert.rejects(loaded(folder, { filter: "database=other" }), /must match: filter is/);
});

Deno.test("loadTrainingData() finds a split by each name that its file may have", async () => {
  await using folder = folderOf({ train: 2, mini_dev_sqlite: 1 });
  folder.write("dev.jsonl", JSON.stringify(question({ question: "a line" })));
  assert.deepEqual((await loaded(folder)).heldOut, ["a line"]);
  const { heldOut } = await loaded(folder, { evalSplit: "mini_dev" });
  assert.deepEqual(heldOut, ["mini_dev_sqlite 0"]);
});

Deno.test("loadTrainingData() holds out a share where there is one split, the same by seed", async () => {
  await using folder = folderOf({ dev: 10 });
  const { training, heldOut, description } = await loaded(folder);
  assert.equal(
    description,
    `${folder.path} dev (7 questions), evaluated on the 3 held out of it`,
  );
  assert.equal(training.length, 7);
  assert.deepEqual(new Set([...training, ...heldOut]).size, 10);
  assert.deepEqual((await loaded(folder)).heldOut, heldOut);
  const others = await Promise.all([2, 3, 4].map((seed) => loaded(folder, { seed })));
  assert(others.some((other) => String(other.heldOut) !== String(heldOut)));
});

Deno.test("loadTrainingData() never evaluates on the split that it trains on", async () => {
  await using folder = folderOf({ train: 4, dev: 4 });
  const { training, heldOut } = await loaded(folder, { split: "dev" });
  assert.deepEqual(new Set(training).intersection(new Set(heldOut)), new Set());
  assert.equal(training.length + heldOut.length, 4);
});

Deno.test("loadTrainingData() evaluates on another folder when it is given one", async () => {
  await using folder = folderOf({ train: 2 });
  await using other = folderOf({ dev: 3 });
  const { training, heldOut } = await loaded(folder, { evalData: other.path });
  assert.deepEqual(training, ["train 0", "train 1"]);
  assert.deepEqual(heldOut, ["dev 0", "dev 1", "dev 2"]);
});

Deno.test("loadTrainingData() refuses to evaluate on nothing", async () => {
  await using folder = folderOf({ train: 2, dev: 0 });
  await assert.rejects(loaded(folder), {
    name: "RangeError",
    message: `Cannot train as there must be questions to evaluate on: none in ${
      join(folder.path, "dev.json")
    }`,
  });
  await using single = folderOf({ dev: 1 });
  await assert.rejects(loaded(single), {
    message: "Cannot hold out questions as there must be at least 2: there are 1",
  });
});

Deno.test("divided() gives each item to one part, in order, and both parts some", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 2, max: 60 }),
      fc.double({ min: 0.001, max: 0.999, noNaN: true }),
      fc.nat(),
      (count, share, seed) => {
        const items = Array.from({ length: count }, (_, n) => n);
        const { training, heldOut } = divided(items, share, seed);
        assert.deepEqual([...training, ...heldOut].sort((a, b) => a - b), items);
        assert(training.length > 0 && heldOut.length > 0);
        assert(Math.abs(heldOut.length - share * count) <= 1);
        for (const part of [training, heldOut]) {
          assert.deepEqual(part, part.toSorted((a, b) => a - b));
        }
      },
    ),
  );
});
