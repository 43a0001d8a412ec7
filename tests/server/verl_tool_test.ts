import assert from "finestep/assert";
import { answer, call } from "../env/shop.ts";
import { BERN, posted, startServer, ZURICH } from "./shop_server.ts";

/** `/get_observation`, with what each action gave. */
function observe(url: string, body: object) {
  return posted(`${url}/get_observation`, body);
}

Deno.test("/get_observation runs a batch of trajectories to their ends", async () => {
  await using server = await startServer();
  const ids = { trajectory_ids: ["a", "b"] };
  const { json: first } = await observe(server.url, {
    ...{ ...ids, actions: [call("SELECT DISTINCT city FROM shop"), "no tags"] },
    extra_fields: [{ example_id: "7" }, { extra_info: { index: 1 } }],
  });
  assert.deepEqual([first.dones, first.valids], [[false, false], [true, false]]);
  assert.equal(first.observations[0].obs, "city\nZURICH\nBern\n(2 rows)");
  const { json: last } = await observe(server.url, {
    ...{ ...ids, actions: [answer(ZURICH), answer(ZURICH)], finish: [false, false] },
  });
  assert.deepEqual(last.dones, [true, true]);
  assert.deepEqual(last.observations.map(({ reward }: { reward: number }) => reward), [1, 0]);
  assert.equal(last.observations[0].metadata.episode.is_correct, true);
  assert.equal(server.context.sessions.counts.open, 0);
});

Deno.test("/get_observation reads messages that the client cut off at the closing tag", async () => {
  await using server = await startServer();
  const cut = (text: string) => text.replace(/<\/(tool_call|answer)>\s*$/, "");
  const trajectory = { trajectory_ids: ["a"], extra_fields: [{ example_id: "8" }] };
  const { json: looked } = await observe(server.url, { ...trajectory, actions: [cut(call(BERN))] });
  assert.deepEqual(looked.valids, [true]);
  const { json } = await observe(server.url, { ...trajectory, actions: [cut(answer(BERN))] });
  assert.deepEqual([json.valids, json.observations[0].reward], [[true], 1]);
});

Deno.test("/get_observation ends a trajectory that is finished, in all forms that verl-tool sends", async () => {
  await using server = await startServer();
  const begin = (id: string) =>
    observe(server.url, {
      ...{ trajectory_ids: [id], actions: ["?"], extra_fields: [{ index: 0 }] },
    });
  for (
    const end of [
      { trajectory_ids: ["a"], actions: [""], finish: [true] },
      { trajectory_ids: "a", actions: [""], finish: [true], is_last_step: [true] },
      { trajectory_ids: ["a"], actions: [""], extra_fields: [{ finish: true }] },
    ]
  ) {
    await begin("a");
    assert.equal(server.context.sessions.counts.open, 1);
    assert.deepEqual((await observe(server.url, end)).json.dones, [true]);
    assert.equal(server.context.sessions.counts.open, 0);
  }
});

Deno.test("/get_observation says what is wrong with a trajectory, and with a batch", async () => {
  await using server = await startServer({ capacity: 2 });
  const { json } = await observe(server.url, {
    ...{ trajectory_ids: ["a", "b"], actions: ["x", call(ZURICH)] },
    extra_fields: [{}, { example_id: "7" }],
  });
  assert.match(json.observations[0].invalid_reason, /must have example_id or index/);
  assert.deepEqual([json.dones, json.valids], [[true, false], [false, true]]);
  const status = async (body: object) => (await observe(server.url, body)).status;
  assert.equal(await status({}), 422);
  assert.equal(await status({ trajectory_ids: ["a", "b"], actions: ["x"] }), 400);
  const three = { trajectory_ids: ["c", "d"], actions: ["", ""], extra_fields: [{}, {}] };
  assert.equal(await status(three), 503);
  assert.equal(server.context.sessions.counts.open, 1);
});
