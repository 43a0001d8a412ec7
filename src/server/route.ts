/**
 * What the server answers to, as data: each protocol gives a list of routes.
 *
 * @module
 */

import type { ServerEnvironment } from "./environment.ts";
import type { Groups } from "./groups.ts";
import type { Sessions } from "./sessions.ts";
import type { SocketService } from "./socket.ts";

/** What the routes of all protocols share. */
export interface ServerContext {
  readonly environment: ServerEnvironment;
  readonly sessions: Sessions;
  readonly groups: Groups;
}

/** One request, as its route sees it. */
export interface Call {
  readonly request: Request;
  /** The segments of the path that stand for names, decoded. */
  readonly params: Readonly<Record<string, string>>;
}

/** A method and a path that something is done for. */
interface Place {
  readonly protocol: "openenv" | "mcp" | "ors" | "verl-tool" | "finestep";
  readonly method: "GET" | "POST";
  /** `:name` stands for any one segment. */
  readonly path: string;
  readonly summary: string;
}

/** What answers requests. */
export interface Route extends Place {
  /** May throw a refusal, which becomes `{"error", "detail"}` with its status. */
  readonly handle: (call: Call) => Response | Promise<Response>;
}

/** What answers WebSockets. */
export interface SocketRoute extends Place {
  /** Called when there is a connection; a text refuses it. */
  readonly connect: (call: Call) => SocketService | string;
}

/** A route with what its path's names stand for. */
export interface Found<R> {
  readonly route: R;
  readonly params: Readonly<Record<string, string>>;
}

/**
 * The first route of a method and path; null where there is none.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { findRoute, type Route } from "./route.ts";
 *
 * const route: Route = {
 *   protocol: "ors",
 *   method: "GET",
 *   path: "/:env/splits",
 *   summary: "the splits",
 *   handle: () => new Response(),
 * };
 * assert.deepEqual(findRoute([route], "GET", "/bird/splits")?.params, { env: "bird" });
 * assert.equal(findRoute([route], "GET", "/splits"), null);
 * ```
 */
export function findRoute<R extends Place>(
  routes: readonly R[],
  method: string,
  path: string,
): Found<R> | null {
  for (const route of routes) {
    const params = route.method === method ? matched(route.path, path) : null;
    if (params !== null) return { route, params };
  }
  return null;
}

function matched(pattern: string, path: string): Record<string, string> | null {
  const wanted = pattern.split("/");
  const given = path.split("/");
  if (wanted.length !== given.length) return null;
  const params: Record<string, string> = {};
  for (const [n, segment] of wanted.entries()) {
    const name = segment.startsWith(":") ? decoded(given[n]) : "";
    if (name !== "") params[segment.slice(1)] = name;
    else if (segment !== given[n]) return null;
  }
  return params;
}

/** A segment without percent-encoding; empty where that is malformed. */
function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return "";
  }
}

/** No session can be opened for now: when to come again. */
export function capacityResponse({ sessions }: ServerContext): Response {
  return Response.json(
    { error: "capacity_reached", detail: capacityMessage(sessions) },
    { status: 503, headers: { "Retry-After": String(RETRY_SECONDS) } },
  );
}

/** Seconds; about what an episode takes. */
const RETRY_SECONDS = 5;

/** Why no session can be opened. */
export function capacityMessage({ counts: { open, capacity } }: Sessions): string {
  return `Cannot open a session as there may be ${capacity} at a time: ${open} are open`;
}
