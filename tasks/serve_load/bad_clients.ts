/**
 * Clients that are slow, broken or hostile, each with what it should be told. What they see is compared
 * by patterns; that nobody else notices them is for the good clients to say.
 *
 * @module
 */

import { HTTP, JsonSocket, type Target } from "./good_clients.ts";
import { frame, postRequest, RawSocket, upgradeRequest } from "./raw_socket.ts";

/** Something that a client should not do, or not so slowly. */
export interface Misdeed {
  readonly kind: "slow" | "broken" | "hostile";
  readonly name: string;
  /** What it is to see. */
  readonly expected: RegExp;
  /** Takes more than some seconds. */
  readonly isLong?: boolean;
  /** Does it; what it saw. */
  readonly run: (target: Target) => Promise<string>;
}

/** Milliseconds from one byte of a slow client to the next. */
const DRIP_MS = 10;

const reset = (more: object = {}) => JSON.stringify({ type: "reset", data: { index: 1, ...more } });
const CREATE = JSON.stringify({ split: "train", index: 1 });
const RESET = frame(reset());
/** A closing frame, or no connection any more. */
const ENDED = /^(?:\x88[^]+|\[closed\])$/;
const TASKS = "/finestep_bird/num_tasks";

/** All of them. */
export const MISDEEDS: readonly Misdeed[] = [
  {
    kind: "slow",
    name: "a handshake byte by byte",
    expected: /^HTTP\/1\.1 101 /,
    run: async ({ url, token }) => {
      using socket = await RawSocket.open(url);
      await socket.drip(upgradeRequest(token), DRIP_MS);
      return await socket.until(/\r\n\r\n/);
    },
  },
  {
    kind: "slow",
    name: "a message byte by byte",
    expected: /"type":"observation"/,
    run: async ({ url, token }) => {
      using socket = await RawSocket.upgraded(url, token);
      await socket.drip(RESET, DRIP_MS);
      return await socket.until(/"metadata"/);
    },
  },
  {
    kind: "slow",
    name: "a body byte by byte",
    expected: /"num_tasks":\d+/,
    run: ({ url, token }) => {
      return raw(url, postRequest(TASKS, token, '{"split":"train"}'), DRIP_MS);
    },
  },
  {
    kind: "slow",
    name: "a body that never ends",
    expected: /^HTTP\/1\.1 408 /,
    isLong: true,
    run: ({ url, token }) => raw(url, postRequest(TASKS, token, CREATE, "{")),
  },
  {
    kind: "slow",
    name: "500 messages at once",
    // What is left unread when a connection ends takes the closing frame with it.
    expected: /too many messages wait|\[closed\]$/,
    run: ({ url, token }) => {
      const states = Array(500).fill([...frame('{"type":"state"}')]).flat();
      return framed(url, token, new Uint8Array(states));
    },
  },
  {
    kind: "broken",
    name: "half JSON, after which it goes on",
    expected: /INVALID_JSON.*"type":"observation"/s,
    run: async ({ url, token }) => {
      using socket = await RawSocket.upgraded(url, token);
      await socket.send(frame('{"type": "reset", "da'));
      const refused = await socket.until(/INVALID_JSON/);
      await socket.send(RESET);
      return refused + await socket.until(/"metadata"/);
    },
  },
  {
    kind: "broken",
    name: "a frame without a mask, which Deno takes",
    expected: /"type":"observation"/,
    run: async ({ url, token }) => {
      using socket = await RawSocket.upgraded(url, token);
      await socket.send(frame(reset(), { isMasked: false }));
      return await socket.until(/"metadata"/);
    },
  },
  {
    kind: "broken",
    name: "a frame of no known kind",
    expected: ENDED,
    run: ({ url, token }) => framed(url, token, frame(reset(), { opcode: 3 })),
  },
  {
    kind: "broken",
    name: "a frame of bytes",
    expected: /messages must be text/,
    run: ({ url, token }) => framed(url, token, frame(reset(), { opcode: 2 })),
  },
  {
    kind: "broken",
    name: "a frame that says it has 2^40 bytes",
    expected: ENDED,
    run: ({ url, token }) => framed(url, token, frame(reset(), { length: 2 ** 40 })),
  },
  {
    kind: "broken",
    name: "a message of 2 MiB",
    expected: ENDED,
    run: ({ url, token }) => framed(url, token, frame(" ".repeat(2 ** 21))),
  },
  {
    kind: "broken",
    name: "a connection lost in an episode",
    expected: /^left$/,
    run: async ({ url, token }) => {
      using socket = await RawSocket.upgraded(url, token);
      await socket.send(RESET);
      await socket.until(/"metadata"/);
      return "left";
    },
  },
  {
    kind: "broken",
    name: "a session of ORS that is never deleted",
    expected: /"sid"/,
    run: ({ url, token }) => ors(url, token, "/create", CREATE),
  },
  {
    kind: "broken",
    name: "a peer that gives no sign of life",
    expected: /\[closed\]$/,
    isLong: true,
    run: async ({ url, token }) => {
      using socket = await RawSocket.upgraded(url, token);
      await socket.send(RESET);
      // A ping of the server is read, and not answered.
      return await socket.until(/\[never\]/);
    },
  },
  {
    kind: "broken",
    name: "a request that is none",
    expected: /^HTTP\/1\.1 400 |^\[closed\]$/,
    run: ({ url }) => raw(url, "GARBAGE\r\n\r\n"),
  },
  {
    kind: "broken",
    name: "a body of half JSON",
    expected: /Cannot read JSON/,
    run: ({ url, token }) => raw(url, postRequest(TASKS, token, '{"split')),
  },
  {
    kind: "broken",
    name: "a body of 2 MiB",
    expected: /^HTTP\/1\.1 413 |^\[closed\]$/,
    run: ({ url, token }) => raw(url, postRequest(TASKS, token, `"${"x".repeat(2 ** 21)}"`)),
  },
  {
    kind: "broken",
    name: "JSON nested 100 000 deep",
    expected: /at most 64 deep/,
    run: ({ url, token }) => raw(url, postRequest(TASKS, token, "[".repeat(100_000))),
  },
  ...["", "Bearer", "Bearer x", "Bearer null", "Basic Zm9v"].map((given): Misdeed => ({
    kind: "hostile",
    name: `a token that is not the server's: "${given}"`,
    expected: /^401 401 401 401$/,
    run: async ({ url }) => {
      const headers = { Authorization: given };
      const paths = ["/schema", "/ws", "/finestep/status", "/list_environments"];
      const statuses = paths.map(async (path) =>
        (await status(url + path, { headers })).toString()
      );
      return (await Promise.all(statuses)).join(" ");
    },
  })),
  {
    kind: "hostile",
    name: "200 guesses of a session's id, over ORS, /ws and /mcp",
    expected: /^none found$/,
    run: async ({ url, token }) => {
      const guesses = await Promise.all(
        Array.from({ length: 200 }, (_, n) => guessed(url, token, n, crypto.randomUUID())),
      );
      return guesses.every((isRefused) => isRefused) ? "none found" : "found a session";
    },
  },
  {
    kind: "hostile",
    name: "SQL that attacks, in an episode",
    expected: /^(Error: [^]*?\n--\n)+$/,
    run: async ({ url, token }) => {
      let seen = "";
      for (const sql of SQL_ATTACKS) seen += `${await ran(url, token, sql)}\n--\n`;
      return seen;
    },
  },
  {
    kind: "hostile",
    name: "SQL that never ends",
    expected: /^Error: .*(time|deadline|ms)/i,
    isLong: true,
    run: ({ url, token }) => {
      return ran(
        url,
        token,
        "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n FROM r) SELECT MAX(n) FROM r",
      );
    },
  },
  {
    kind: "hostile",
    name: "paths that lead elsewhere",
    expected: /^(40[034] )+$/,
    run: async ({ url, token }) => {
      let statuses = "";
      for (const path of PATH_TRICKS) {
        const request = `GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n` +
          `X-API-Key: ${token}\r\n\r\n`;
        const response = await raw(url, request);
        statuses += `${/^HTTP\/1\.1 (\d+)/.exec(response)?.[1] ?? "400"} `;
      }
      return statuses;
    },
  },
  {
    kind: "hostile",
    name: "splits that are paths or properties",
    expected: /^(400 )+$/,
    run: async ({ url, token }) => {
      let statuses = "";
      for (const split of ["../../etc/passwd", "__proto__", "constructor", "", "train\0"]) {
        const body = JSON.stringify({ split });
        const headers = { "X-API-Key": token };
        statuses += `${await status(`${url}/num_tasks`, { method: "POST", body, headers })} `;
      }
      return statuses;
    },
  },
  {
    kind: "hostile",
    name: "a page of another origin",
    // With a token an origin may be any: who has the token may.
    expected: /^401$/,
    run: async ({ url }) => {
      return `${await status(`${url}/list_environments`, { headers: { Origin: "http://evil" } })}`;
    },
  },
];

const SQL_ATTACKS = [
  "ATTACH '/tmp/finestep_load_attack.db' AS other",
  "INSERT INTO sqlite_master VALUES (1)",
  "DROP TABLE IF EXISTS sale",
  "VACUUM INTO '/tmp/finestep_load_attack.db'",
  "PRAGMA writable_schema = 1",
  "SELECT load_extension('/tmp/finestep_load_attack.so')",
  "SELECT readfile('/etc/passwd')",
  "SELECT writefile('/tmp/finestep_load_attack.db', 'x')",
  "SELECT 1; SELECT 2",
  "SELECT zeroblob(2000000000)",
];

const PATH_TRICKS = [
  "/../../etc/passwd",
  "/%2e%2e/%2e%2e/etc/passwd",
  "//etc/passwd",
  "/finestep_bird/..%2f..%2fetc%2fpasswd",
  "/__proto__/tools",
  "/constructor/splits",
  "/finestep/groups/__proto__",
  "/finestep/groups/%ZZ",
  "/finestep_bird/tools/../../fixtures/policy/config.json",
];

/** Sends a request by a connection of its own; the whole response. */
async function raw(url: string, request: string, dripMs?: number): Promise<string> {
  using socket = await RawSocket.open(url);
  if (dripMs === undefined) await socket.send(request);
  else await socket.drip(request, dripMs);
  return await socket.until(/\[never\]/).then((text) => text.replace(/(?<=.)\[closed\]$/s, ""));
}

/** Sends frames by a WebSocket of its own; what comes up to the close, which it does not answer. */
async function framed(url: string, token: string, sent: Uint8Array<ArrayBuffer>): Promise<string> {
  using socket = await RawSocket.upgraded(url, token);
  await socket.send(sent);
  return await socket.until(CLOSE);
}

// A text frame of our answers has no byte of this value, which stands for a closing frame.
const CLOSE = /\x88[^]+/;

async function ors(url: string, token: string, path: string, body: string): Promise<string> {
  const headers = { "X-API-Key": token, "X-Session-ID": crypto.randomUUID() };
  return await (await fetch(url + path, { ...HTTP, method: "POST", body, headers })).text();
}

async function status(url: string, init: RequestInit): Promise<number> {
  const response = await fetch(url, { ...HTTP, ...init });
  await response.body?.cancel();
  return response.status;
}

/** Whether a guess of a session's id was refused. */
async function guessed(url: string, token: string, n: number, id: string): Promise<boolean> {
  const headers = { "X-API-Key": token, "X-Session-ID": id };
  if (n % 3 === 0) return await status(`${url}/ping`, { method: "POST", headers }) === 404;
  if (n % 3 === 1) {
    const params = { session_id: id, name: "execute_sql", arguments: { sql: "SELECT 1" } };
    const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/call", params });
    const response = await fetch(`${url}/mcp`, { ...HTTP, method: "POST", headers, body });
    return (await response.json()).error !== undefined;
  }
  const socket = await JsonSocket.open(`${url}/ws?session_id=${id}`, token);
  try {
    await socket.ask({ type: "state" });
    return false;
  } catch {
    return true;
  } finally {
    socket.close();
  }
}

/** What a query gives in an episode of its own. */
async function ran(url: string, token: string, sql: string): Promise<string> {
  const socket = await JsonSocket.open(`${url}/ws`, token);
  try {
    await socket.ask({ type: "reset", data: { index: 0, prompt: "tools" } });
    const action = { type: "call_tool", tool_name: "execute_sql", arguments: { sql } };
    const { data } = await socket.ask({ type: "step", data: action });
    return data.observation.result;
  } finally {
    socket.close();
  }
}

/**
 * Opens sessions until there is no room, and holds them; how many it got, and how many were refused as
 * they should be.
 */
export async function flood(
  { url, token }: Target,
  count: number,
): Promise<{ readonly opened: number; readonly refused: number; readonly odd: readonly string[] }> {
  const sockets: JsonSocket[] = [];
  const outcomes = await Promise.all(Array.from({ length: count }, async () => {
    try {
      const socket = await JsonSocket.open(`${url}/ws`, token);
      sockets.push(socket);
      await socket.ask({ type: "state" });
      return "opened";
    } catch (error) {
      return (error as Error).message;
    }
  }));
  for (const socket of sockets) socket.close();
  const isRefusal = (text: string) => /CAPACITY_REACHED|closed with 1013/.test(text);
  return {
    opened: outcomes.filter((text) => text === "opened").length,
    refused: outcomes.filter(isRefusal).length,
    odd: outcomes.filter((text) => text !== "opened" && !isRefusal(text)),
  };
}
