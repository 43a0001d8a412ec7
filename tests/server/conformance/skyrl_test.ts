import assert from "finestep/assert";
import { pythonOf } from "./python.ts";
import { driven } from "./scenarios.ts";

const python = pythonOf("FINESTEP_SKYRL_GYM_PYTHON", "an environment of SkyRL's gym");

Deno.test({
  name: "an environment of SkyRL's gym sees what a session without a server gives",
  ignore: python.isMissing,
  fn: async () => {
    const { scenarios, seen, byMessage: native } = await driven(python, "skyrl_episodes.py");
    const { episodes } = seen;
    for (const [n, { name }] of scenarios.entries()) {
      const { prompt, steps } = episodes[n];
      assert.deepEqual(prompt.map(({ content }: { content: string }) => content), native[n].prompt);
      assert.deepEqual(steps, native[n].steps, name);
    }
  },
});
