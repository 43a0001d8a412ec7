import assert from "finestep/assert";
import { join } from "node:path";
import { loadDataset, requireSql } from "../../src/dataset/dataset.ts";
import { loadTrainingData } from "../../src/dataset/held_out.ts";
import { taskOf } from "../../src/dataset/task_file.ts";
import { BirdFolder, IN_PROCESS } from "./bird_folder.ts";

const QUESTION = { db_id: "sums", question: "2 + 3", query: "2 + 3", difficulty: "simple" };

/** A folder of a task with a question for each split. */
function taskFolder(task: unknown, splits: readonly string[] = ["train", "dev"]): BirdFolder {
  const folder = new BirdFolder();
  folder.write("task.json", { task });
  for (const split of splits) folder.write(`${split}.json`, [QUESTION, QUESTION]);
  return folder;
}

Deno.test("loadDataset() reads questions of another task, without databases", async () => {
  await using folder = taskFolder("sums");
  const { name, task, split, examples, databases } = await loadDataset(folder.path, {
    split: "train",
    schemas: "skip",
  });
  assert.deepEqual({ name, task, split, databases }, {
    ...{ name: "sums", task: "sums", split: "train", databases: [] },
  });
  assert.deepEqual(examples.map(({ id, goldSql, database }) => [id, goldSql, database.id]), [
    ["0", "2 + 3", "sums"],
    ["1", "2 + 3", "sums"],
  ]);
});

Deno.test("loadTrainingData() trains and evaluates on the splits of another task", async () => {
  await using folder = taskFolder("sums");
  const options = { data: folder.path, split: "", evalData: "", evalSplit: "dev", seed: 1 };
  const { task, training, heldOut } = await loadTrainingData(options, IN_PROCESS);
  assert.deepEqual([task, training.length, heldOut.length], ["sums", 2, 2]);
});

Deno.test("loadTrainingData() refuses to train on one task and evaluate on another", async () => {
  await using folder = taskFolder("sums");
  await using other = taskFolder("products");
  const options = { data: folder.path, split: "", evalData: other.path, evalSplit: "dev", seed: 1 };
  await assert.rejects(loadTrainingData(options, IN_PROCESS), {
    name: "RangeError",
    message: /^Cannot train as .* same task: products in .* is not sums$/,
  });
});

Deno.test("loadDataset() names the question file that is missing", async () => {
  await using folder = taskFolder("sums", ["dev"]);
  await assert.rejects(loadDataset(folder.path, { split: "test", schemas: "skip" }), {
    message: `Cannot load task "sums" as its question file is missing: expected ${
      join(folder.path, "test.json")
    }`,
  });
});

Deno.test("loadDataset() refuses a gold file of SQL for another task", async () => {
  await using folder = taskFolder("sums");
  const options = { split: "dev", gold: "gold.sql", schemas: "skip" } as const;
  await assert.rejects(loadDataset(folder.path, options), /^RangeError: Cannot read .*gold\.sql/);
});

Deno.test("taskOf() refuses a file that names no task", async () => {
  await using folder = taskFolder(7);
  await assert.rejects(taskOf(folder.path), /^TypeError: .* "task" must be a name: it is 7$/);
});

Deno.test("requireSql() refuses another task", async () => {
  await using folder = taskFolder("sums");
  const dataset = await loadDataset(folder.path, { split: "dev", schemas: "skip" });
  assert.throws(() => requireSql(dataset, "time answers"), {
    name: "RangeError",
    message: /^Cannot time answers as .* is of task "sums"$/,
  });
});
