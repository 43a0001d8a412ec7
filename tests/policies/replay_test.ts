import assert from "node:assert/strict";
import { actionText, parseAction } from "../../src/env/parse.ts";
import { ReplayPolicy } from "../../src/policies/replay.ts";

const ANSWERS = new Map([["0", "SELECT 'a'"], ["1", " \n"]]);

const start = (exampleId: string) =>
  new ReplayPolicy(ANSWERS, "codes-15b").start([], { exampleId, seed: 0 });

Deno.test("ReplayPolicy answers with the known SQL in the canonical format", async () => {
  const { text, finish } = await start("0").act();
  assert.equal(text, actionText({ kind: "answer", reasoning: "", sql: "SELECT 'a'" }));
  assert.equal(finish, "stop");
});

Deno.test("ReplayPolicy answers once", async () => {
  const conversation = start("0");
  await conversation.act();
  conversation.observe("what?");
  assert.equal((await conversation.act()).finish, "nothing");
});

Deno.test("ReplayPolicy has nothing to say where there is no prediction", async () => {
  assert.deepEqual(await start("9").act(), { text: "", finish: "nothing" });
});

Deno.test("ReplayPolicy answers a blank prediction with a comment, which gives no rows", async () => {
  const action = parseAction((await start("1").act()).text);
  assert.deepEqual(action, { kind: "answer", reasoning: "", sql: "--" });
});

Deno.test("ReplayPolicy gives no tokens", () => assert.equal(start("0").close(), null));
