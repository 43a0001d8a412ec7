/**
 * One port that speaks all protocols: who may ask, which route answers, and how it all ends.
 *
 * @module
 */

import { checkAccess } from "./auth.ts";
import { mcpRoutes, mcpSockets } from "./mcp.ts";
import { openApi } from "./openapi.ts";
import { openEnvRoutes, openEnvSockets } from "./openenv.ts";
import { listen } from "./listener.ts";
import { orsRoutes } from "./ors.ts";
import { Refusal } from "./refusal.ts";
import { findRoute, type Route, type ServerContext, type SocketRoute } from "./route.ts";
import { connected } from "./socket.ts";
import { statusRoutes } from "./status.ts";
import { verlToolRoutes } from "./verl_tool.ts";

/** How a server is reached. */
export interface HttpOptions {
  readonly host: string;
  /** 0 for any that is free. */
  readonly port: number;
  /** What clients must show; null where they need not. */
  readonly token: string | null;
  /** Of this program. */
  readonly version: string;
  /** Milliseconds that requests and sessions have to end at a shutdown, 5000 when not given. */
  readonly shutdownMs?: number;
}

/** A server that runs. */
export interface HttpServer {
  /** Such as `http://127.0.0.1:8000`. */
  readonly url: string;
  /** Serves nothing more, closes the sessions with a reason, and cuts off what takes too long to end. */
  shutdown(reason: string): Promise<void>;
}

/** Milliseconds between looks for idle sessions. */
const REAP_MS = 5000;

/** All routes; where two match, the first one answers. */
export function allRoutes(context: ServerContext, version: string): (Route | SocketRoute)[] {
  const routes = [
    ...openEnvSockets(context),
    ...openEnvRoutes(context, version),
    ...mcpSockets(context),
    ...mcpRoutes(context),
    ...verlToolRoutes(context),
    ...statusRoutes(context),
    ...orsRoutes(context),
  ];
  const document = openApi(context.environment.name, routes);
  return [...routes, {
    ...{ protocol: "openenv", method: "GET", path: "/openapi.json", summary: "this document" },
    handle: () => Response.json(document),
  }];
}

/**
 * Serves.
 *
 * @throws {Deno.errors.AddrInUse} If the port is taken.
 */
export function serve(context: ServerContext, options: HttpOptions): HttpServer {
  const { host, port, token, version, shutdownMs = 5000 } = options;
  const routes = allRoutes(context, version);
  const abort = new AbortController();
  const work = new UnderWay();
  const listener = listen(
    { host, port, signal: abort.signal },
    (request) => work.with(answer(request, { routes, token, work })),
  );
  const reaping = setInterval(() => {
    context.sessions.reap();
    context.groups.reap();
  }, REAP_MS);
  const shutdown = async (reason: string) => {
    clearInterval(reaping);
    const late = Promise.withResolvers<void>();
    const timer = setTimeout(late.resolve, shutdownMs);
    const ended = Promise.all([context.sessions.closeAll(reason), work.stopped()]);
    await Promise.race([ended, late.promise]);
    clearTimeout(timer);
    // Deno's own graceful shutdown can be neither bounded nor told a reason for WebSockets.
    abort.abort();
    await listener.finished;
  };
  let down: Promise<void> | null = null;
  return {
    url: `http://${host.includes(":") ? `[${host}]` : host}:${listener.port}`,
    shutdown: (reason) => down ??= shutdown(reason),
  };
}

/** Requests that are answered and WebSockets that are open. */
class UnderWay {
  readonly #all = new Set<Promise<unknown>>();
  #isStopping = false;

  get isStopping(): boolean {
    return this.#isStopping;
  }

  /** Counts as under way until the promise settles. */
  with<T>(promise: Promise<T>): Promise<T> {
    const counted = promise.finally(() => this.#all.delete(counted));
    this.#all.add(counted);
    return counted;
  }

  /** Takes nothing more; settles when nothing is under way. */
  async stopped(): Promise<void> {
    this.#isStopping = true;
    while (this.#all.size > 0) await Promise.allSettled(this.#all);
  }
}

/** What requests are answered by. */
interface Answering {
  readonly routes: readonly (Route | SocketRoute)[];
  readonly token: string | null;
  readonly work: UnderWay;
}

async function answer(request: Request, { routes, token, work }: Answering): Promise<Response> {
  const { pathname } = new URL(request.url);
  try {
    if (work.isStopping) {
      throw new Refusal(503, "Cannot serve this request as the server is stopping");
    }
    // Says nothing, and what watches over servers has no tokens.
    if (pathname !== "/health") checkAccess(request, token);
    const found = findRoute(routes, request.method, pathname);
    if (found === null) throw new Refusal(404, `Nothing is at ${request.method} ${pathname}`);
    const { route, params } = found;
    if ("handle" in route) return await route.handle({ request, params });
    const { response, ended } = connected(request, () => route.connect({ request, params }));
    work.with(ended);
    return response;
  } catch (error) {
    if (error instanceof Refusal) return refusalResponse(error);
    console.error(error);
    return refusalResponse(new Refusal(500, "internal error"));
  }
}

function refusalResponse({ status, message }: Refusal): Response {
  const headers: HeadersInit = status === 401 ? { "WWW-Authenticate": "Bearer" } : {};
  return Response.json({ error: message, detail: message }, { status, headers });
}
