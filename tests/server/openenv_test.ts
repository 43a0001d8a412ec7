import assert from "finestep/assert";
import { MAX_BYTES, MAX_DEPTH, MAX_WAITING } from "../../src/server/limits.ts";
import { answer, call } from "../env/shop.ts";
import { BERN, closingOf, ENDLESS, nextSeat, posted, startServer, ZURICH } from "./shop_server.ts";
import { SocketClient } from "./socket_client.ts";

const reset = (data: object = {}) => ({ type: "reset", data: { example_id: "7", ...data } });
const step = (data: object) => ({ type: "step", data });
const tool = (tool_name: string, args: object) =>
  step({ type: "call_tool", tool_name, arguments: args });

Deno.test("/ws runs an episode of whole messages, with metadata beside the observation", async () => {
  await using server = await startServer();
  await using client = await SocketClient.open(`${server.url}/ws`);
  const first = await client.ask(reset({ seed: 5, episode_id: "mine" }));
  assert.equal(first.type, "observation");
  const { observation, metadata, ...rest } = first.data;
  assert.deepEqual(rest, { reward: null, done: false });
  assert.deepEqual(Object.keys(observation), ["messages"]);
  assert.match(observation.messages[1].content, /How many shops are in Zurich\?/);
  assert.deepEqual(metadata, {
    ...{ episode_id: "mine", split: "dev", example_id: "7", database_id: "shops" },
    ...{ difficulty: "simple", seed: 5 },
  });
  const looked = await client.ask(step({ message: call("SELECT DISTINCT city FROM shop") }));
  const content = "city\nZURICH\nBern\n(2 rows)";
  assert.deepEqual(looked.data.observation, { messages: [{ role: "tool", content }] });
  assert.deepEqual(await client.ask({ type: "state" }), {
    type: "state",
    data: {
      ...{ episode_id: "mine", step_count: 1, split: "dev", example_id: "7", seed: 5 },
      ...{ done: false, result: null },
    },
  });
  const { data: last } = await client.ask(step({ message: answer(ZURICH) }));
  assert.deepEqual([last.observation, last.reward, last.done], [{ messages: [] }, 1, true]);
  assert.equal(last.metadata.episode.is_correct, true);
  const { data: state } = await client.ask({ type: "state" });
  assert.deepEqual(state.result, last.metadata.episode);
});

Deno.test("/ws runs an episode of tool calls, which may be listed before it", async () => {
  await using server = await startServer();
  await using client = await SocketClient.open(`${server.url}/ws`);
  const { data: { observation: { tools } } } = await client.ask(step({ type: "list_tools" }));
  assert.deepEqual(tools.map(({ name }: { name: string }) => name), [
    "execute_sql",
    "submit_answer",
  ]);
  const { data: { observation } } = await client.ask(reset({ prompt: "tools" }));
  // MCPToolClient would take an observation with tools for their list, and drop the messages.
  assert.deepEqual(Object.keys(observation), ["messages"]);
  const looked = await client.ask(tool("execute_sql", { sql: "SELECT town FROM shop" }));
  assert.deepEqual(looked.data.observation, {
    ...{ tool_name: "execute_sql", result: "Error: no such column: town", error: null },
  });
  const wrong = await client.ask(tool("drop", {}));
  assert.equal(wrong.data.observation.error.error_type, "tool_not_found");
  const { data } = await client.ask(tool("submit_answer", { answer: ZURICH }));
  assert.deepEqual([data.reward, data.done], [1, true]);
});

Deno.test("/ws answers what it cannot do with an error of its kind, and goes on", async () => {
  await using server = await startServer();
  await using client = await SocketClient.open(`${server.url}/ws`);
  const deep = "[".repeat(MAX_DEPTH + 1) + "]".repeat(MAX_DEPTH + 1);
  const cases: readonly (readonly [unknown, string])[] = [
    ["{", "INVALID_JSON"],
    ["", "INVALID_JSON"],
    [deep, "INVALID_JSON"],
    ["[]", "VALIDATION_ERROR"],
    ["null", "VALIDATION_ERROR"],
    [{ data: {} }, "VALIDATION_ERROR"],
    [{ type: "step", data: 3 }, "VALIDATION_ERROR"],
    [{ type: "teleport" }, "UNKNOWN_TYPE"],
    [{ type: "constructor" }, "UNKNOWN_TYPE"],
    [reset({ seed: -1 }), "VALIDATION_ERROR"],
    [reset({ seed: "1" }), "VALIDATION_ERROR"],
    [reset({ group: { id: "g" } }), "VALIDATION_ERROR"],
    [reset({ prompt: "x" }), "VALIDATION_ERROR"],
    [reset({ example_id: "9" }), "EXECUTION_ERROR"],
    [reset({ split: "__proto__" }), "EXECUTION_ERROR"],
    [step({ message: "x" }), "EXECUTION_ERROR"],
    [step({}), "VALIDATION_ERROR"],
    [step({ message: 3 }), "VALIDATION_ERROR"],
    [step({ message: "x", more: 1 }), "VALIDATION_ERROR"],
    [step({ type: "call_tool" }), "VALIDATION_ERROR"],
    [step({ type: "call_tool", tool_name: "execute_sql", arguments: "x" }), "VALIDATION_ERROR"],
  ];
  for (const [message, code] of cases) {
    const { type, data } = await client.ask(message);
    assert.deepEqual([type, data.code], ["error", code], JSON.stringify(message));
  }
  assert.equal((await client.ask(reset())).type, "observation");
});

Deno.test("/ws refuses a step after the end of an episode, until it is reset", async () => {
  await using server = await startServer();
  await using client = await SocketClient.open(`${server.url}/ws`);
  await client.ask(reset());
  await client.ask(step({ message: answer(ZURICH) }));
  const { data } = await client.ask(step({ message: answer(ZURICH) }));
  assert.deepEqual([data.code, /the episode is over/.test(data.message)], [
    "EXECUTION_ERROR",
    true,
  ]);
  await client.ask(reset());
  assert.equal((await client.ask(step({ message: answer(ZURICH) }))).data.done, true);
});

Deno.test("/ws answers messages that were sent at once in their order", async () => {
  await using server = await startServer();
  await using client = await SocketClient.open(`${server.url}/ws`);
  for (const message of [reset(), step({ message: call(ZURICH) }), { type: "state" }]) {
    client.send(JSON.stringify(message));
  }
  assert.equal((await client.next()).data.done, false);
  assert.equal((await client.next()).data.metadata.turn, 1);
  assert.equal((await client.next()).data.step_count, 1);
});

Deno.test("/ws keeps sessions apart, each with its own question, steps and credit", async () => {
  await using server = await startServer();
  await using a = await SocketClient.open(`${server.url}/ws`);
  await using b = await SocketClient.open(`${server.url}/ws`);
  await a.ask(reset());
  await b.ask(reset({ example_id: "8" }));
  await a.ask(step({ message: call(ZURICH) }));
  assert.equal((await b.ask({ type: "state" })).data.step_count, 0);
  const [left, right] = await Promise.all([
    a.ask(step({ message: answer(BERN) })),
    b.ask(step({ message: answer(BERN) })),
  ]);
  assert.deepEqual([left.data.reward, right.data.reward], [0, 1]);
  // What A asked is no repetition for B.
  assert.deepEqual(right.data.metadata.episode.redundancy, [null]);
});

Deno.test("/ws refuses a session for which there is no room with CAPACITY_REACHED", async () => {
  await using server = await startServer({ capacity: 1 });
  await using first = await SocketClient.open(`${server.url}/ws`);
  await using second = await SocketClient.open(`${server.url}/ws`);
  const { data } = await second.next();
  assert.deepEqual(
    [data.code, data.active_sessions, data.max_sessions],
    ["CAPACITY_REACHED", 1, 1],
  );
  assert.equal((await second.ended).code, 1013);
  assert.equal((await first.ask(reset())).type, "observation");
});

Deno.test("/ws ends a session with its connection, however that ends", async () => {
  await using server = await startServer();
  const { sessions } = server.context;
  const first = nextSeat(sessions);
  const told = await SocketClient.open(`${server.url}/ws`);
  await told.ask(reset());
  told.send(JSON.stringify({ type: "close" }));
  assert.equal((await told.ended).code, 1000);
  assert.equal(await closingOf(await first), "closed by the client");
  const second = nextSeat(sessions);
  const untold = await SocketClient.open(`${server.url}/ws`);
  await untold.ask(reset());
  await untold.close();
  assert.equal(await closingOf(await second), "closed by the client");
});

Deno.test("/ws frees the session of a client that does not answer the closing", async () => {
  await using server = await startServer({ shutdownMs: 50 });
  const { hostname, port } = new URL(server.url);
  const seat = nextSeat(server.context.sessions);
  using peer = await Deno.connect({ hostname, port: Number(port) });
  const bytes = new TextEncoder();
  await peer.write(bytes.encode(
    "GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
  ));
  const { closed } = await seat;
  assert.equal(closed.aborted, false);
  await peer.read(new Uint8Array(1000));
  const message = bytes.encode('{"type":"close"}');
  // RFC 6455: a last frame of text, masked with zeros.
  await peer.write(Uint8Array.of(0x81, 0x80 | message.length, 0, 0, 0, 0, ...message));
  assert.equal(await closingOf(await seat), "closed by the client");
});

Deno.test("/ws closes what sends too much, too fast, or no text, with the reason", async () => {
  await using server = await startServer({ toolTimeoutMs: 300 });
  const ending = async (send: (client: SocketClient) => void) => {
    const client = await SocketClient.open(`${server.url}/ws`);
    await client.ask(reset());
    send(client);
    return (await client.ended).code;
  };
  assert.equal(await ending((client) => client.send(" ".repeat(MAX_BYTES + 1))), 1009);
  assert.equal(await ending((client) => client.send(new Uint8Array(3))), 1003);
  const flood = (client: SocketClient) => {
    client.send(JSON.stringify(step({ message: call(ENDLESS) })));
    for (let n = 0; n <= MAX_WAITING; n++) client.send("{}");
  };
  assert.equal(await ending(flood), 1008);
});

Deno.test("/ws is closed with the reason when its session is idle", async () => {
  await using server = await startServer();
  const client = await SocketClient.open(`${server.url}/ws`);
  await client.ask(reset());
  server.pass(2000);
  server.context.sessions.reap();
  assert.deepEqual(await client.ended, { code: 1001, reason: "idle for 2 s" });
});

Deno.test("POST /reset and /step have an environment of their own, which ends with them", async () => {
  await using server = await startServer();
  const first = await posted(`${server.url}/reset`, { example_id: 8 });
  assert.match(first.json.observation.messages[1].content, /How many in Bern\?/);
  const stepped = await posted(`${server.url}/step`, { action: { message: "?" } });
  assert.equal(stepped.json.metadata.violation, "no_reasoning");
  const listed = await posted(`${server.url}/step`, { action: { type: "list_tools" } });
  assert.equal(listed.json.observation.tools.length, 2);
  assert.equal((await posted(`${server.url}/step`, { action: {} })).status, 422);
  assert.equal((await posted(`${server.url}/step`, {})).status, 422);
  assert.equal((await posted(`${server.url}/reset`, "{")).status, 400);
  assert.equal((await posted(`${server.url}/reset`, { example_id: "9" })).status, 404);
  assert.equal((await posted(`${server.url}/reset`, "")).status, 200);
});

Deno.test("POST /reset is refused with 503 and Retry-After where there is no room", async () => {
  await using server = await startServer({ capacity: 1 });
  await using _client = await SocketClient.open(`${server.url}/ws`);
  const { status, headers, json } = await posted(`${server.url}/reset`, {});
  assert.deepEqual([status, json.error], [503, "capacity_reached"]);
  assert.ok(Number(headers.get("retry-after")) > 0);
});
