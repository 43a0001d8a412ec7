/**
 * The Model Context Protocol as far as tools go, over HTTP and WebSockets, with OpenEnv's methods that
 * create and close sessions (openenv 0.10.0, core/env_server/http_server.py).
 *
 * @module
 */

import { jsonBody, parsedJson } from "./limits.ts";
import { Refusal } from "./refusal.ts";
import { capacityMessage, type Route, type ServerContext, type SocketRoute } from "./route.ts";
import type { Seat } from "./sessions.ts";
import type { SocketService } from "./socket.ts";
import { toolsOf } from "./tools.ts";
import { episodeChoice, fitting, RPC_CALL, RPC_CREATE, RPC_REQUEST, RPC_SESSION } from "./wire.ts";

/** The revision of MCP whose tools these are. */
const PROTOCOL_VERSION = "2025-06-18";

/** Error codes of JSON-RPC 2.0. */
const PARSE_ERROR = -32700;
const INVALID_REQUEST = -32600;
const METHOD_NOT_FOUND = -32601;
const INVALID_PARAMS = -32602;
const INTERNAL_ERROR = -32603;
const SERVER_ERROR = -32000;

/** An error that a client is told of. */
class RpcError extends Error {
  constructor(readonly code: number, message: string, readonly data?: unknown) {
    super(message);
  }
}

/** `POST /mcp`, which answers with 200 whatever is asked. */
export function mcpRoutes(context: ServerContext): Route[] {
  return [{
    ...{ protocol: "mcp", method: "POST", path: "/mcp", summary: "JSON-RPC 2.0" },
    handle: async ({ request }) => {
      const answer = await parsedAnswer(context, () => jsonBody(request), null);
      return answer === null ? new Response(null, { status: 202 }) : Response.json(answer);
    },
  }];
}

/** `GET /mcp`, a WebSocket with a session. */
export function mcpSockets(context: ServerContext): SocketRoute[] {
  return [{
    ...{ protocol: "mcp", method: "GET", path: "/mcp", summary: "JSON-RPC 2.0 (WebSocket)" },
    connect: () => mcpService(context),
  }];
}

function mcpService(context: ServerContext): SocketService | string {
  const { sessions } = context;
  const seat = sessions.open();
  if (seat === null) return JSON.stringify(failure(null, full(context)));
  return {
    closed: seat.closed,
    answer: async (text) => {
      seat.touch();
      return JSON.stringify(await parsedAnswer(context, () => parsedJson(text), seat) ?? {});
    },
    onGone: () => sessions.close(seat.id),
  };
}

async function parsedAnswer(
  context: ServerContext,
  read: () => unknown,
  seat: Seat | null,
): Promise<object | null> {
  let json: unknown;
  try {
    json = await read();
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return failure(null, new RpcError(PARSE_ERROR, error.message));
  }
  return await mcpAnswer(context, json, seat);
}

/**
 * The answer to a request; null to a notification.
 *
 * @param seat The session that the connection is of; null where a request has to name one.
 */
export async function mcpAnswer(
  context: ServerContext,
  json: unknown,
  seat: Seat | null,
): Promise<object | null> {
  const { data: request, error } = RPC_REQUEST.safeParse(json);
  if (error) return failure(null, new RpcError(INVALID_REQUEST, "Invalid Request"));
  const { method, params, id } = request;
  try {
    if (method.startsWith("notifications/")) return null;
    if (!Object.hasOwn(METHODS, method)) {
      throw new RpcError(METHOD_NOT_FOUND, `Method not found: ${method}`);
    }
    const result = await METHODS[method]({ context, params, seat });
    return { jsonrpc: "2.0", id: id ?? null, result };
  } catch (error) {
    return failure(id ?? null, rpcError(error));
  }
}

function failure(id: string | number | null, { code, message, data }: RpcError): object {
  return { jsonrpc: "2.0", id, error: { code, message, ...data === undefined ? {} : { data } } };
}

function rpcError(error: unknown): RpcError {
  if (error instanceof RpcError) return error;
  if (error instanceof Refusal) {
    return new RpcError(error.status === 422 ? INVALID_PARAMS : INVALID_REQUEST, error.message);
  }
  console.error(error);
  return new RpcError(INTERNAL_ERROR, "internal error");
}

/** No session can be opened. */
function full({ sessions }: ServerContext): RpcError {
  const { open: active_sessions, capacity: max_sessions } = sessions.counts;
  return new RpcError(SERVER_ERROR, capacityMessage(sessions), { active_sessions, max_sessions });
}

/** A request with what it is about. */
interface RpcCall {
  readonly context: ServerContext;
  readonly params: Readonly<Record<string, unknown>>;
  readonly seat: Seat | null;
}

const METHODS: Readonly<Record<string, (request: RpcCall) => unknown>> = {
  initialize: ({ context }) => ({
    protocolVersion: PROTOCOL_VERSION,
    capabilities: { tools: {} },
    serverInfo: { name: context.environment.name, version: "1" },
  }),
  ping: () => ({}),
  "tools/list": ({ context }) => ({
    tools: toolsOf(context.environment.task).map(({ name, description, parameters }) => ({
      ...{ name, description, inputSchema: parameters },
    })),
  }),
  "tools/call": toolCall,
  "openenv/session/create": createSession,
  "openenv/session/close": closeSession,
};

async function createSession({ context, params, seat }: RpcCall) {
  const { reset } = fitting(RPC_CREATE, params);
  const opened = seat ?? context.sessions.open();
  if (opened === null) throw full(context);
  if (reset === undefined) return { session_id: opened.id };
  try {
    const { prompt } = await opened.begin({ prompt: "tools", ...episodeChoice(reset) });
    return { session_id: opened.id, messages: prompt };
  } catch (error) {
    if (seat === null) context.sessions.close(opened.id);
    throw error;
  }
}

function closeSession({ context, params, seat }: RpcCall) {
  const { session_id: id } = fitting(RPC_SESSION, params);
  if (id === undefined) throw new RpcError(INVALID_PARAMS, "'session_id' is required");
  if (id === seat?.id) {
    throw new RpcError(INVALID_REQUEST, "Cannot close the session of this connection: close that");
  }
  if (context.sessions.get(id) === null) throw unknownSession(id);
  context.sessions.close(id);
  return { session_id: id, closed: true };
}

/** Takes a step: what it earned is in `_meta`, which clients keep from the model. */
async function toolCall({ context, params, seat }: RpcCall) {
  const { name, arguments: args } = fitting(RPC_CALL, params);
  const episode = (seat ?? namedSeat(context, params)).episode;
  if (episode === null) {
    throw new RpcError(INVALID_REQUEST, "Cannot call a tool as no episode has begun: reset first");
  }
  const { observation, ...earned } = await episode.step({ tool: name, arguments: args });
  const { violation, result } = earned.metadata;
  return {
    content: [{ type: "text", text: observation }],
    isError: violation !== null || (result !== null && result !== "rows"),
    // Where OpenEnv's client looks first.
    data: observation,
    _meta: earned,
  };
}

function namedSeat({ sessions }: ServerContext, params: Readonly<Record<string, unknown>>): Seat {
  const { session_id: id } = fitting(RPC_SESSION, params);
  if (id === undefined) {
    throw new RpcError(INVALID_PARAMS, "'session_id' is required: see openenv/session/create");
  }
  const seat = sessions.get(id);
  if (seat === null) throw unknownSession(id);
  return seat;
}

function unknownSession(id: string): RpcError {
  return new RpcError(INVALID_PARAMS, `Unknown session_id: ${id}`);
}
