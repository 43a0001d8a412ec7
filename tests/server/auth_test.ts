import assert from "finestep/assert";
import { checkAccess, isLoopback, requireToken } from "../../src/server/auth.ts";
import { posted, startServer } from "./shop_server.ts";

function status(headers: Record<string, string>, token: string | null, host = "localhost:8000") {
  try {
    checkAccess(new Request(`http://${host}/ws`, { headers }), token);
    return 200;
  } catch (error) {
    return (error as { status: number }).status;
  }
}

Deno.test("requireToken() refuses to serve other machines without a token", () => {
  for (const host of ["0.0.0.0", "::", "192.168.0.2", "example.com"]) {
    assert.throws(() => requireToken(host, null, "TOKEN"), /must have a token: set TOKEN/);
    requireToken(host, "secret", "TOKEN");
  }
  for (const host of ["127.0.0.1", "127.8.8.8", "localhost", "::1"]) requireToken(host, null, "T");
});

Deno.test("isLoopback() is not taken in by names that begin or end alike", () => {
  for (const host of ["localhost.example.com", "127.0.0.1.nip.io", "notlocalhost", "1270.0.0.1"]) {
    assert.equal(isLoopback(host), false, host);
  }
});

Deno.test("checkAccess() takes the token in either header, and nothing else for it", () => {
  assert.equal(status({ authorization: "Bearer secret" }, "secret"), 200);
  assert.equal(status({ authorization: "bearer  secret" }, "secret"), 200);
  assert.equal(status({ "x-api-key": "secret" }, "secret", "example.com"), 200);
  for (const value of ["secre", "secret2", "Secret", ""]) {
    assert.equal(status({ "x-api-key": value }, "secret"), 401, value);
    assert.equal(status({ authorization: `Bearer ${value}` }, "secret"), 401, value);
  }
  assert.equal(status({}, "secret"), 401);
  assert.equal(status({ authorization: "Basic secret" }, "secret"), 401);
});

Deno.test("checkAccess() without a token refuses hosts and web pages of elsewhere", () => {
  assert.equal(status({}, null), 200);
  assert.equal(status({ origin: "http://localhost:3000" }, null), 200);
  assert.equal(status({}, null, "[::1]:8000"), 200);
  assert.equal(status({}, null, "rebound.example.com"), 403);
  for (const origin of ["https://example.com", "null", "http://localhost.example.com"]) {
    assert.equal(status({ origin }, null), 403, origin);
  }
});

Deno.test("a server with a token asks for it everywhere but at /health", async () => {
  await using server = await startServer({ token: "secret" });
  const reset = `${server.url}/reset`;
  const refused = await posted(reset, {});
  assert.deepEqual([refused.status, refused.headers.get("www-authenticate")], [401, "Bearer"]);
  assert.equal((await posted(reset, {}, { "x-api-key": "secret" })).status, 200);
  const health = await fetch(`${server.url}/health`);
  assert.deepEqual(await health.json(), { status: "healthy" });
  const socket = await fetch(`${server.url}/ws`, { headers: { upgrade: "websocket" } });
  assert.equal(socket.status, 401);
  await socket.body?.cancel();
  assert.equal(server.context.sessions.counts.opened, 1);
});
