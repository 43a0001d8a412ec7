import assert from "finestep/assert";
import { trainFlags } from "../../src/cli/train_flags.ts";

Deno.test("trainFlags() makes a quick run of fewer steps and questions", () => {
  const [quick, whole] = [["--quick"], []].map((argv) => trainFlags(argv).values);
  assert(quick.training.trainSteps < whole.training.trainSteps / 4);
  assert(quick.run.evalLimit > 0);
  assert.equal(whole.run.evalLimit, 0);
  assert.deepEqual(quick.engine, whole.engine);
});

Deno.test("trainFlags() leaves a quick run what the command line says", () => {
  const { values } = trainFlags(["--quick", "--train-steps", "2", "--eval-limit", "7"]);
  assert.equal(values.training.trainSteps, 2);
  assert.equal(values.run.evalLimit, 7);
});
