import assert from "finestep/assert";
import { pythonOf } from "./python.ts";
import { driven } from "./scenarios.ts";

const python = pythonOf("FINESTEP_VERIFIERS_PYTHON", "verifiers' OpenEnv taskset");

Deno.test({
  name:
    "verifiers' OpenEnv taskset gives the model's messages on as they are, and sums to the outcome",
  ignore: python.isMissing,
  fn: async () => {
    const { scenarios, seen, byMessage: native } = await driven(python, "verifiers_episodes.py");
    const { episodes } = seen;
    for (const [n, { name }] of scenarios.entries()) {
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
