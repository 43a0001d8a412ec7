import assert from "finestep/assert";
import { DemonstratingPolicy } from "../../src/policies/demonstration.ts";
import { tinyModel } from "../tiny/model.ts";

const { chat } = tinyModel();
const PROMPT = [{ role: "user", content: "question: item(id INTEGER PK)" }] as const;
const MESSAGE = "<reasoning></reasoning>\n<answer>\n```sql\nSELECT 1\n```\n</answer>";

const begin = (exampleId: string) =>
  new DemonstratingPolicy(new Map([["7", MESSAGE]]), chat).start(PROMPT, { exampleId });

Deno.test("DemonstratingPolicy says the message of an example once", async () => {
  const conversation = begin("7");
  assert.deepEqual(await conversation.act(), { text: MESSAGE, finish: "stop" });
  assert.deepEqual(await conversation.act(), { text: "", finish: "nothing" });
});

Deno.test("DemonstratingPolicy says nothing to an example without a message", async () => {
  const conversation = begin("8");
  assert.deepEqual(await conversation.act(), { text: "", finish: "nothing" });
  assert.deepEqual([...conversation.close()!.ids], chat.prompt(PROMPT));
});

Deno.test("DemonstratingPolicy gives the tokens of prompt, message and end, only the latter chosen", async () => {
  const conversation = begin("7");
  await conversation.act();
  const { ids, actionMask, stepOf, sampledLogprobs } = conversation.close()!;
  const promptLength = chat.prompt(PROMPT).length;
  assert.deepEqual([...ids.subarray(0, promptLength)], chat.prompt(PROMPT));
  assert.equal(chat.decode(ids.subarray(promptLength, -1)), MESSAGE);
  assert.equal(ids.at(-1), chat.endOfTurn);
  const chosen = Array.from(ids, (_, t) => Number(t >= promptLength));
  assert.deepEqual([...actionMask], chosen);
  assert.deepEqual([...stepOf], chosen.map((isChosen) => isChosen - 1));
  assert(sampledLogprobs.every((logprob) => logprob === 0));
});
