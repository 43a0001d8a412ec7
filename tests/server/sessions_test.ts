import assert from "finestep/assert";
import { answer, call } from "../env/shop.ts";
import { ENDLESS, openServedShop, ZURICH } from "./shop_server.ts";

Deno.test("Sessions.open() gives null where there is no room, until a session closes", async () => {
  await using shop = await openServedShop({ capacity: 1 });
  const { sessions } = shop.context;
  const seat = sessions.open()!;
  assert.equal(sessions.open(), null);
  sessions.close(seat.id);
  await seat.close("again");
  await Promise.resolve();
  assert.notEqual(sessions.open(), null);
  assert.deepEqual(sessions.counts, { open: 1, capacity: 1, opened: 2, refused: 1, reaped: 0 });
});

Deno.test("Sessions keeps the place of a session whose SQL still runs after it closed", async () => {
  await using shop = await openServedShop({ capacity: 1, toolTimeoutMs: 200 });
  const { sessions } = shop.context;
  const seat = sessions.open()!;
  const episode = await seat.begin({});
  const step = episode.step({ text: call(ENDLESS) });
  sessions.close(seat.id);
  assert.equal(sessions.get(seat.id), null);
  assert.deepEqual([sessions.open(), sessions.counts.open], [null, 1]);
  await assert.rejects(step, /the session was closed/);
  await episode.settled;
  await Promise.resolve();
  assert.equal(sessions.counts.open, 0);
});

Deno.test("Sessions.reap() closes what is idle, not what was used or works", async () => {
  await using shop = await openServedShop({ toolTimeoutMs: 200 });
  const { sessions } = shop.context;
  const [idle, used, working] = [sessions.open()!, sessions.open()!, sessions.open()!];
  const step = (await working.begin({})).step({ text: call(ENDLESS) });
  shop.pass(600);
  sessions.get(used.id);
  shop.pass(600);
  sessions.reap();
  assert.deepEqual(
    [idle, used, working].map(({ id }) => sessions.get(id) !== null),
    [false, true, true],
  );
  assert.equal(idle.closed.reason, "idle for 1 s");
  assert.equal(sessions.counts.reaped, 1);
  assert.equal((await step).metadata.result, "timeout");
});

Deno.test("Seat.begin() ends the episode before, and not while a step is being taken", async () => {
  await using shop = await openServedShop();
  const seat = shop.context.sessions.open()!;
  const first = await seat.begin({ exampleId: "7" });
  const step = first.step({ text: call(ZURICH) });
  await assert.rejects(seat.begin({}), /a step is being taken/);
  await step;
  const second = await seat.begin({ exampleId: "8" });
  assert.equal(seat.episode, second);
  await assert.rejects(first.step({ text: answer(ZURICH) }), /the episode is over/);
});

Deno.test("Sessions.closeAll() closes with a reason, waits, and opens no more", async () => {
  await using shop = await openServedShop();
  const { sessions } = shop.context;
  const seat = sessions.open()!;
  await seat.begin({});
  await sessions.closeAll("the end");
  assert.deepEqual([seat.closed.reason, sessions.counts.open], ["the end", 0]);
  assert.equal(sessions.open(), null);
  await assert.rejects(seat.begin({}), /the session was closed/);
});
