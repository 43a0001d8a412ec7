import assert from "finestep/assert";
import { Served } from "../served.ts";
import { pythonOf } from "./python.ts";
import { Reference, SERVED } from "./scenarios.ts";

const python = pythonOf("FINESTEP_VERIFIERS_PYTHON", "verifiers' OpenEnv taskset");

Deno.test({
  name:
    "verifiers' OpenEnv taskset gives the model's messages on as they are, and sums to the outcome",
  ignore: python.isMissing,
  fn: async () => {
    await using reference = await Reference.open();
    await using served = await Served.start(...SERVED);
    const { episodes } = await python.run(
      "verifiers_episodes.py",
      [served.url],
      reference.scenarios,
    );
    const native = await reference.byMessage();
    for (const [n, { name }] of reference.scenarios.entries()) {
      const { prompt, steps } = native[n];
      const shown = episodes[n].shown.map(
        ({ messages }: { messages: { content: string }[] }) =>
          messages.map(({ content }) => content),
      );
      assert.deepEqual(shown, [prompt, ...steps.slice(0, -1).map(([text]) => [text])], name);
      assert.deepEqual(episodes[n].rewards, { openenv_reward: steps.at(-1)![1] }, name);
    }
  },
});
