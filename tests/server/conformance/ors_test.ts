import assert from "finestep/assert";
import { pythonOf } from "./python.ts";
import { driven } from "./scenarios.ts";

const python = pythonOf("FINESTEP_ORS_PYTHON", "the clients of the Open Reward Standard");

Deno.test({
  name: "ors-sdk and openreward see what a session without a server gives",
  ignore: python.isMissing,
  fn: async () => {
    const { scenarios, seen, byCall: native } = await driven(python, "ors_episodes.py");
    for (const client of ["ors-sdk", "openreward"]) {
      const { lists, episodes, by_task } = seen[client];
      assert.deepEqual(lists.splits, ["train", "dev"]);
      assert.deepEqual(lists.num_tasks, { train: 1200, dev: 240 });
      assert.equal(lists.tasks.train.length, 1200);
      assert.deepEqual(lists.task, lists.tasks.train[1]);
      assert.deepEqual(lists.range, lists.tasks.train.slice(-2));
      assert.deepEqual(lists.tools, ["execute_sql", "submit_answer"]);
      for (const [n, { name }] of scenarios.entries()) {
        assert.deepEqual(episodes[n].steps, native[n].steps, `${client}: ${name}`);
        assert.deepEqual(episodes[n].prompt, native[n].prompt, `${client}: ${name}`);
        assert.deepEqual(episodes[n].tools, lists.tools, `${client}: ${name}`);
        assert.match(episodes[n].after, /^ToolCallError: .*the episode is over$/);
      }
      assert.deepEqual(by_task, episodes[0]);
    }
  },
});
