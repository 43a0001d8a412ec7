import assert from "finestep/assert";
import { type Scene, ScriptedPolicy } from "../../src/policies/scripted.ts";

const CONTEXT = { exampleId: "7", seed: 3 };

Deno.test("ScriptedPolicy says the messages of a list in order, then nothing", async () => {
  const conversation = new ScriptedPolicy(["one", "two"]).start([], CONTEXT);
  assert.deepEqual(await conversation.act(), { text: "one", finish: "stop" });
  assert.deepEqual(await conversation.act(), { text: "two", finish: "stop" });
  assert.deepEqual(await conversation.act(), { text: "", finish: "nothing" });
});

Deno.test("ScriptedPolicy gives a turn as it stands in the script", async () => {
  const turn = { text: "on and", finish: "length" } as const;
  assert.deepEqual(await new ScriptedPolicy([turn]).start([], CONTEXT).act(), turn);
});

Deno.test("ScriptedPolicy tells a function what was said, shown and asked", async () => {
  const scenes: Scene[] = [];
  const policy = new ScriptedPolicy((scene) => {
    scenes.push({ ...scene, observations: [...scene.observations] });
    return `message ${scene.turn}`;
  });
  const prompt = [{ role: "user", content: "question" }] as const;
  const conversation = policy.start(prompt, CONTEXT);
  await conversation.act();
  conversation.observe("rows");
  assert.equal((await conversation.act()).text, "message 1");
  assert.deepEqual(scenes, [
    { ...CONTEXT, prompt, turn: 0, observations: [] },
    { ...CONTEXT, prompt, turn: 1, observations: ["rows"] },
  ]);
});

Deno.test("ScriptedPolicy keeps conversations apart", async () => {
  const policy = new ScriptedPolicy(["one", "two"]);
  const [a, b] = [policy.start([], CONTEXT), policy.start([], CONTEXT)];
  await a.act();
  assert.equal((await b.act()).text, "one");
  assert.equal((await a.act()).text, "two");
});

Deno.test("ScriptedPolicy rejects the turn when its function throws", async () => {
  const policy = new ScriptedPolicy(() => {
    throw new RangeError("no line");
  });
  await assert.rejects(policy.start([], CONTEXT).act(), { name: "RangeError", message: "no line" });
});

Deno.test("ScriptedPolicy has a name and no tokens", () => {
  const policy = new ScriptedPolicy([], "mute");
  assert.equal(policy.name, "mute");
  assert.equal(policy.start([], CONTEXT).close(), null);
});
