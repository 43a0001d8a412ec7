/**
 * One port that speaks all protocols: who may ask, which route answers, and how it all ends.
 *
 * @module
 */

import { checkAccess } from "./auth.ts";
import { mcpRoutes } from "./mcp.ts";
import { openApi } from "./openapi.ts";
import { openEnvRoutes } from "./openenv.ts";
import { orsRoutes } from "./ors.ts";
import { Refusal } from "./refusal.ts";
import { findRoute, type Route, type ServerContext } from "./route.ts";
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
}

/** A server that runs. */
export interface HttpServer {
  /** Such as `http://127.0.0.1:8000`. */
  readonly url: string;
  /**
   * Takes no more connections, closes the sessions with a reason, and ends what has not ended after
   * {@linkcode SHUTDOWN_MS}.
   */
  shutdown(reason: string): Promise<void>;
}

/** Milliseconds between looks for idle sessions. */
const REAP_MS = 5000;

/** Milliseconds that requests and sessions have to end. */
export const SHUTDOWN_MS = 5000;

/** All routes; where two match, the first one answers. */
export function allRoutes(context: ServerContext, version: string): Route[] {
  const routes = [
    ...openEnvRoutes(context, version),
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
  const { host, port, token, version } = options;
  const routes = allRoutes(context, version);
  const abort = new AbortController();
  const server = Deno.serve(
    { hostname: host, port, signal: abort.signal, onListen: () => {} },
    (request) => answer(request, routes, token),
  );
  const reaping = setInterval(() => {
    context.sessions.reap();
    context.groups.reap();
  }, REAP_MS);
  return {
    url: `http://${host.includes(":") ? `[${host}]` : host}:${server.addr.port}`,
    async shutdown(reason) {
      clearInterval(reaping);
      const isLate = Promise.withResolvers<void>();
      const timer = setTimeout(isLate.resolve, SHUTDOWN_MS);
      await Promise.race([
        Promise.all([server.shutdown(), context.sessions.closeAll(reason)]),
        isLate.promise,
      ]);
      clearTimeout(timer);
      abort.abort();
      await server.finished;
    },
  };
}

async function answer(
  request: Request,
  routes: readonly Route[],
  token: string | null,
): Promise<Response> {
  const { pathname } = new URL(request.url);
  try {
    // Says nothing, and what watches over servers has no tokens.
    if (pathname !== "/health") checkAccess(request, token);
    const found = findRoute(routes, request.method, pathname);
    if (found === null) throw new Refusal(404, `Nothing is at ${request.method} ${pathname}`);
    return await found.route.handle({ request, params: found.params });
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
