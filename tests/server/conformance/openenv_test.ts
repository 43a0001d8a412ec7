import assert from "finestep/assert";
import { Served } from "../served.ts";
import { keep, output, pythonOf } from "./python.ts";
import { driven, SERVED } from "./scenarios.ts";

const python = pythonOf("FINESTEP_OPENENV_PYTHON", "OpenEnv's validator and clients");

Deno.test({
  name: "finestep serve passes openenv validate",
  ignore: python.isMissing,
  fn: async () => {
    await using served = await Served.start(...SERVED);
    const args = ["validate", "--json", "--timeout", "60", "--url", served.url];
    const json = await output(python.program("openenv"), args);
    await keep("openenv_validate.json", json);
    const { passed, summary } = JSON.parse(json);
    assert.deepEqual(summary.failed_criteria, []);
    assert.equal(passed, true);
  },
});

Deno.test({
  name: "OpenEnv's clients see what a session without a server gives",
  ignore: python.isMissing,
  fn: async () => {
    const { scenarios, seen, byMessage, byCall } = await driven(python, "openenv_episodes.py");
    const { episodes, refused } = seen;
    const contents = (messages: { content: string }[]) => messages.map(({ content }) => content);
    for (const [n, { name }] of scenarios.entries()) {
      const [message, call, mcp] = [episodes.message[n], episodes.call[n], episodes.mcp[n]];
      assert.deepEqual(message.steps, byMessage[n].steps, name);
      assert.deepEqual(contents(message.prompt), byMessage[n].prompt, name);
      assert.equal(message.state.step_count, byMessage[n].steps.length, name);
      assert.deepEqual(call.steps, byCall[n].steps, name);
      assert.deepEqual(contents(call.prompt), byCall[n].prompt, name);
      assert.deepEqual(mcp.shown, byCall[n].steps.map(([observation]) => observation), name);
      assert.equal(mcp.step_count, byCall[n].steps.length, name);
      for (const { tools } of [call, mcp]) {
        assert.deepEqual(tools, ["execute_sql", "submit_answer"]);
      }
    }
    assert.match(refused["step before reset"], /reset first/);
    assert.match(refused["unknown action"], /VALIDATION_ERROR/);
    assert.match(refused["unknown split"], /train, dev/);
  },
});
