import assert from "finestep/assert";
import { Served } from "../served.ts";
import { pythonOf } from "./python.ts";
import { SERVED } from "./scenarios.ts";

const python = pythonOf("FINESTEP_TRL_PYTHON", "TRL's GRPOTrainer (some minutes)");

/** Some of the steps that a script says it made. */
interface TrainStep {
  readonly grad_norm: number;
  readonly reward: number;
  readonly reward_std: number;
}

for (const way of ["ors", "openenv"]) {
  Deno.test({
    name: `TRL's GRPOTrainer makes two optimizer steps over ${way}`,
    ignore: python.isMissing,
    fn: async () => {
      await using served = await Served.start(...SERVED, "--template", "compact");
      const questions = "fixtures/minibird/train.json";
      const record = await python.run("trl_steps.py", [way, served.url, questions]);
      assert.equal(record.optimizer_steps, 2);
      assert.equal(record.steps.length, 2);
      assert.ok(record.steps.every(({ reward }: TrainStep) => reward >= 0 && reward <= 1));
      // Some group had right and wrong answers, so that the weights moved by what the server said.
      const moved = record.weight_changes.map((norm: number) => norm > 0);
      const differs = record.steps.map(({ reward_std, grad_norm }: TrainStep) =>
        reward_std > 0 && grad_norm > 0
      );
      assert.deepEqual(moved, differs);
      assert.ok(moved.includes(true));
    },
  });
}
