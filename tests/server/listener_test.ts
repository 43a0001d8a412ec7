import assert from "finestep/assert";
import { Served } from "./served.ts";
import { SocketClient } from "./socket_client.ts";

const OPEN_FILES = 128;

Deno.test({
  name: "finestep serve outlives more connections than the system lets it have, with its sessions",
  ignore: Deno.build.os === "windows",
  fn: async () => {
    await using served = await Served.startWithFiles(OPEN_FILES);
    await using client = await SocketClient.open(`${served.url}/ws`);
    await client.ask({ type: "reset", data: { index: 0, episode_id: "mine" } });
    const { hostname, port } = new URL(served.url);
    const silent: Deno.Conn[] = [];
    try {
      while (silent.length < 2 * OPEN_FILES) {
        silent.push(await Deno.connect({ hostname, port: Number(port) }));
      }
    } catch {
      // Refused: it could not accept the ones before.
    }
    assert.ok(silent.length < 2 * OPEN_FILES);
    assert.equal((await client.ask({ type: "state" })).data.episode_id, "mine");
    for (const connection of silent) connection.close();
    await listening(served.url);
    await using _second = await SocketClient.open(`${served.url}/ws`);
    assert.equal((await client.ask({ type: "state" })).data.episode_id, "mine");
    const { code, stderr } = await served.stopped();
    assert.equal(code, 0);
    assert.match(
      stderr,
      /^(?:Cannot accept connections, and try again: .*\n)+Stopping, as of SIGTERM\n$/,
    );
  },
});

/** Waits until a server takes connections again. */
async function listening(url: string): Promise<void> {
  for (;;) {
    const response = await fetch(`${url}/health`).catch(() => null);
    await response?.body?.cancel();
    if (response !== null) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
