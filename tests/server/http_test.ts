import assert from "finestep/assert";
import { MAX_BYTES, MAX_DEPTH } from "../../src/server/limits.ts";
import { answer, call } from "../env/shop.ts";
import { ENDLESS, nextSeat, posted, startServer, ZURICH } from "./shop_server.ts";
import { SocketClient } from "./socket_client.ts";

async function got(url: string) {
  const response = await fetch(url);
  return { status: response.status, json: await response.json() };
}

Deno.test("the server says what is served: metadata, schemas, and every route in /openapi.json", async () => {
  await using server = await startServer();
  assert.equal((await got(`${server.url}/metadata`)).json.name, "finestep_shop");
  const { json: schema } = await got(`${server.url}/schema`);
  assert.deepEqual(schema.action.required, ["message"]);
  assert.deepEqual(
    schema.tools.map(({ name }: { name: string }) => name),
    ["execute_sql", "submit_answer"],
  );
  const { json: { info, paths } } = await got(`${server.url}/openapi.json`);
  assert.match(info.version, /^1\./);
  for (const path of ["/reset", "/step", "/state", "/ws", "/mcp", "/get_observation"]) {
    assert.ok(paths[path], path);
  }
  assert.ok(paths["/{env}/splits"].get);
});

Deno.test("the server refuses what it has no route for, is too large, or nested too deep", async () => {
  await using server = await startServer();
  assert.equal((await got(`${server.url}/nowhere`)).status, 404);
  assert.equal((await got(`${server.url}/reset`)).status, 404);
  const big = JSON.stringify({ episode_id: " ".repeat(MAX_BYTES) });
  assert.equal((await posted(`${server.url}/reset`, big)).status, 413);
  const depth = MAX_DEPTH + 1;
  const deep = `{"x":${"[".repeat(depth)}${"]".repeat(depth)}}`;
  assert.equal((await posted(`${server.url}/reset`, deep)).status, 400);
  assert.equal((await posted(`${server.url}/reset`, `{"x":"${"[".repeat(depth)}"}`)).status, 200);
});

Deno.test("the server asks for a WebSocket where there is nothing else", async () => {
  await using server = await startServer();
  const { status } = await got(`${server.url}/ws`);
  assert.equal(status, 426);
  assert.equal(server.context.sessions.counts.open, 0);
});

Deno.test("/finestep/status counts sessions, and /finestep/groups gives credit to who asks later", async () => {
  await using server = await startServer({ capacity: 2 });
  await using client = await SocketClient.open(`${server.url}/ws`);
  const group = { id: "a b/c", size: 1 };
  await client.ask({ type: "reset", data: { example_id: "7", episode_id: "e", group } });
  const groupUrl = `${server.url}/finestep/groups/${encodeURIComponent(group.id)}`;
  assert.deepEqual((await got(groupUrl)).json, { ...group, finished: 0, episodes: null });
  await client.ask({ type: "step", data: { message: answer(ZURICH) } });
  assert.deepEqual((await got(groupUrl)).json.episodes, [{ episode_id: "e", advantages: [0] }]);
  assert.equal((await got(`${server.url}/finestep/groups/other`)).status, 404);
  assert.equal((await got(`${server.url}/finestep/groups/%ZZ`)).status, 404);
  const { json } = await got(`${server.url}/finestep/status`);
  assert.deepEqual(json.splits, { dev: 2 });
  assert.deepEqual(json.sessions, { open: 1, capacity: 2, opened: 1, refused: 0, reaped: 0 });
  assert.ok(json.memory.rss_bytes > 0);
});

Deno.test("a shutdown closes sessions with its reason and refuses new connections", async () => {
  await using server = await startServer();
  const client = await SocketClient.open(`${server.url}/ws`);
  await client.ask({ type: "reset" });
  await server.server.shutdown("maintenance");
  assert.deepEqual(await client.ended, { code: 1001, reason: "maintenance" });
  await assert.rejects(fetch(`${server.url}/health`));
});

Deno.test("a shutdown lets a request that is worked on be answered", async () => {
  await using server = await startServer({ toolTimeoutMs: 200 });
  const seat = nextSeat(server.context.sessions);
  const step = posted(`${server.url}/step`, { action: { message: call(ENDLESS) } });
  await seat;
  await server.server.shutdown("maintenance");
  const { status, json } = await step;
  assert.equal(status, 410);
  assert.match(json.detail, /the session was closed$/);
});

Deno.test("a shutdown does not wait for a client that never ends its request", async () => {
  await using server = await startServer({ shutdownMs: 50 });
  const { hostname, port } = new URL(server.url);
  using slow = await Deno.connect({ hostname, port: Number(port) });
  const head = "POST /reset HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n";
  await slow.write(new TextEncoder().encode(head));
  await server.server.shutdown("maintenance");
  await assert.rejects(fetch(`${server.url}/health`));
});

Deno.test("a client that sends slowly holds up nobody else", async () => {
  await using server = await startServer({ shutdownMs: 50 });
  const { hostname, port } = new URL(server.url);
  using slow = await Deno.connect({ hostname, port: Number(port) });
  await slow.write(new TextEncoder().encode("POST /reset HTTP/1.1\r\nHost: loc"));
  assert.equal((await posted(`${server.url}/reset`, {})).status, 200);
});
