import assert from "finestep/assert";
import { posted, startServer, ZURICH } from "./shop_server.ts";
import { SocketClient } from "./socket_client.ts";

const rpc = (method: string, params?: object, id: unknown = 1) => (
  { jsonrpc: "2.0", method, params, id }
);

Deno.test("/mcp runs an episode in a session of OpenEnv's, and keeps what it earned from the text", async () => {
  await using server = await startServer();
  // deno-lint-ignore no-explicit-any
  const ask = async (method: string, params?: object): Promise<any> =>
    (await posted(`${server.url}/mcp`, rpc(method, params))).json;
  const created = await ask("openenv/session/create", { reset: { example_id: "7" } });
  const { session_id, messages } = created.result;
  assert.match(messages[0].content, /submit_answer/);
  const looked = await ask("tools/call", {
    ...{ session_id, name: "execute_sql", arguments: { sql: "SELECT 1" } },
  });
  const { content, isError, data, _meta } = looked.result;
  assert.deepEqual([content[0].text, isError, data], ["1\n1\n(1 row)", false, "1\n1\n(1 row)"]);
  assert.deepEqual([_meta.reward, _meta.metadata.step_rewards.hard], [0, 1]);
  const answered = await ask("tools/call", {
    ...{ session_id, name: "submit_answer", arguments: { answer: ZURICH } },
  });
  assert.deepEqual([answered.result._meta.reward, answered.result._meta.done], [1, true]);
  assert.equal((await ask("openenv/session/close", { session_id })).result.closed, true);
  assert.match((await ask("openenv/session/close", { session_id })).error.message, /Unknown/);
});

Deno.test("/mcp and /ws share the session that a client of OpenEnv names", async () => {
  await using server = await startServer();
  const { json } = await posted(`${server.url}/mcp`, rpc("openenv/session/create"));
  const { session_id } = json.result;
  const client = await SocketClient.open(`${server.url}/ws?session_id=${session_id}`);
  await using second = await SocketClient.open(`${server.url}/ws?session_id=${session_id}`);
  assert.equal((await second.next()).data.code, "SESSION_ERROR");
  await client.ask({ type: "reset", data: { example_id: "7" } });
  await posted(
    `${server.url}/mcp`,
    rpc("tools/call", { session_id, name: "execute_sql", arguments: { sql: "SELECT 1" } }),
  );
  assert.equal((await client.ask({ type: "state" })).data.step_count, 1);
  await client.close();
  const closed = await posted(`${server.url}/mcp`, rpc("openenv/session/close", { session_id }));
  assert.equal(closed.json.result.closed, true);
  await using third = await SocketClient.open(`${server.url}/ws?session_id=${session_id}`);
  assert.match((await third.next()).data.message, /Unknown session_id/);
});

Deno.test("/mcp answers what it cannot do with an error of JSON-RPC and HTTP's 200", async () => {
  await using server = await startServer({ capacity: 1 });
  const cases: readonly (readonly [unknown, number])[] = [
    ["{", -32700],
    [{}, -32600],
    [[], -32600],
    [{ jsonrpc: "1.0", method: "ping", id: 1 }, -32600],
    [rpc("ping", [] as object), -32600],
    [rpc("tools/dance"), -32601],
    [rpc("toString"), -32601],
    [rpc("tools/call", {}), -32602],
    [rpc("tools/call", { name: "execute_sql" }), -32602],
    [rpc("tools/call", { name: "execute_sql", session_id: "x" }), -32602],
    [rpc("openenv/session/close"), -32602],
    [rpc("openenv/session/create", { reset: { seed: "x" } }), -32602],
  ];
  for (const [body, code] of cases) {
    const { status, json } = await posted(`${server.url}/mcp`, body);
    assert.deepEqual([status, json.jsonrpc, json.error.code], [200, "2.0", code]);
  }
  assert.equal(server.context.sessions.counts.open, 0);
  const { json: { result } } = await posted(`${server.url}/mcp`, rpc("openenv/session/create"));
  const full = await posted(`${server.url}/mcp`, rpc("openenv/session/create"));
  assert.deepEqual(full.json.error.data, { active_sessions: 1, max_sessions: 1 });
  const early = await posted(
    `${server.url}/mcp`,
    rpc("tools/call", { session_id: result.session_id, name: "execute_sql" }),
  );
  assert.match(early.json.error.message, /reset first/);
});

Deno.test("/mcp tells any client of MCP of its tools, and answers no notification", async () => {
  await using server = await startServer();
  const url = `${server.url}/mcp`;
  const { json } = await posted(url, rpc("initialize", { protocolVersion: "2025-06-18" }, "a"));
  assert.deepEqual([json.id, json.result.capabilities], ["a", { tools: {} }]);
  const note = await posted(url, rpc("notifications/initialized", undefined, undefined));
  assert.deepEqual([note.status, note.json], [202, null]);
  const { json: { result: { tools } } } = await posted(url, rpc("tools/list"));
  assert.deepEqual(tools[0].inputSchema.required, ["sql"]);
});

Deno.test("a WebSocket on /mcp has a session of its own", async () => {
  await using server = await startServer();
  await using client = await SocketClient.open(`${server.url}/mcp`);
  const reset = { reset: { example_id: "7" } };
  const { result: { session_id } } = await client.ask(rpc("openenv/session/create", reset));
  const { error } = await client.ask(rpc("openenv/session/close", { session_id }));
  assert.match(error.message, /of this connection/);
  const call = rpc("tools/call", { name: "submit_answer", arguments: { answer: ZURICH } });
  assert.equal((await client.ask(call)).result._meta.reward, 1);
  assert.equal(server.context.sessions.counts.open, 1);
});
