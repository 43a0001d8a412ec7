import assert from "finestep/assert";
import { Served } from "../served.ts";
import { pythonOf } from "./python.ts";
import { Reference, SERVED } from "./scenarios.ts";

const python = pythonOf("FINESTEP_SKYRL_GYM_PYTHON", "an environment of SkyRL's gym");

Deno.test({
  name: "an environment of SkyRL's gym sees what a session without a server gives",
  ignore: python.isMissing,
  fn: async () => {
    await using reference = await Reference.open();
    await using served = await Served.start(...SERVED);
    const { episodes } = await python.run(
      "skyrl_episodes.py",
      [served.url],
      reference.scenarios,
    );
    const native = await reference.byMessage();
    for (const [n, { name }] of reference.scenarios.entries()) {
      const { prompt, steps } = episodes[n];
      assert.deepEqual(prompt.map(({ content }: { content: string }) => content), native[n].prompt);
      assert.deepEqual(steps, native[n].steps, name);
    }
  },
});
