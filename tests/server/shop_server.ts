/**
 * A small environment that is served on a free port of this machine, with a clock that a test moves.
 *
 * @module
 */

import { defaults } from "../../src/config/option.ts";
import { CREDIT_OPTIONS } from "../../src/credit/options.ts";
import { EPISODE_OPTIONS } from "../../src/env/options.ts";
import { REWARD_OPTIONS } from "../../src/rewards/options.ts";
import type { ServerEnvironment } from "../../src/server/environment.ts";
import { Groups } from "../../src/server/groups.ts";
import { type HttpOptions, type HttpServer, serve } from "../../src/server/http.ts";
import type { ServerContext } from "../../src/server/route.ts";
import { type Seat, Sessions } from "../../src/server/sessions.ts";
import { openShop, sqlTask } from "../env/shop.ts";

/** Of the first question; the second one's is {@linkcode BERN}. */
export const ZURICH = "SELECT COUNT(*) FROM shop WHERE city = 'ZURICH'";
export const BERN = "SELECT COUNT(*) FROM shop WHERE city = 'Bern'";

/** Runs until the tool's deadline. */
export const ENDLESS =
  "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT MAX(i) FROM n";

/** What a test may set. */
export interface ShopOptions extends Partial<Pick<ServerEnvironment, "scalarReward" | "keeper">> {
  readonly capacity?: number;
  readonly maxTurns?: number;
  readonly toolTimeoutMs?: number;
}

/** An environment of two questions, `7` and `8`, in split `dev`. */
export interface ServedShop extends AsyncDisposable {
  readonly context: ServerContext;
  /** Moves the clock, in ms. Sessions and groups idle for 1000 ms may be reaped. */
  pass(ms: number): void;
}

export async function openServedShop(options: ShopOptions = {}): Promise<ServedShop> {
  const { capacity = 8, maxTurns = 4, toolTimeoutMs } = options;
  const { scalarReward = "outcome", keeper = null } = options;
  const shop = await openShop();
  const other = { ...shop.example, id: "8", question: "How many in Bern?", goldSql: BERN };
  const environment: ServerEnvironment = {
    name: "finestep_shop",
    task: sqlTask(shop.pool, { toolTimeoutMs }),
    splits: new Map([["dev", [shop.example, other]]]),
    episode: { ...defaults(EPISODE_OPTIONS), maxTurns },
    rewards: defaults(REWARD_OPTIONS),
    credit: defaults(CREDIT_OPTIONS),
    ...{ scalarReward, keeper },
  };
  let clock = 0;
  const limits = { idleMs: 1000, now: () => clock };
  const groups = new Groups(environment.credit, { ...limits, maxGroups: 8 });
  const sessions = new Sessions({ ...limits, environment, groups, capacity });
  return {
    context: { environment, sessions, groups },
    pass: (ms) => void (clock += ms),
    async [Symbol.asyncDispose]() {
      await sessions.closeAll("the test is over");
      await shop[Symbol.asyncDispose]();
    },
  };
}

/** A shop with the server in front of it. */
export interface RunningServer extends ServedShop {
  readonly server: HttpServer;
  readonly url: string;
}

export async function startServer(
  options: ShopOptions & Partial<HttpOptions> = {},
): Promise<RunningServer> {
  const shop = await openServedShop(options);
  const server = serve(shop.context, {
    ...{ host: "127.0.0.1", port: 0, token: null, version: "0" },
    ...options,
  });
  return {
    ...shop,
    server,
    url: server.url,
    async [Symbol.asyncDispose]() {
      await server.shutdown("the test is over");
      await shop[Symbol.asyncDispose]();
    },
  };
}

/** The session that is opened next. */
export function nextSeat(sessions: Sessions): Promise<Seat> {
  const { promise, resolve } = Promise.withResolvers<Seat>();
  sessions.open = () => {
    Reflect.deleteProperty(sessions, "open");
    const seat = sessions.open();
    if (seat !== null) resolve(seat);
    return seat;
  };
  return promise;
}

/** Why a session was closed, once it is. */
export function closingOf({ closed }: Seat): Promise<string> {
  if (closed.aborted) return Promise.resolve(closed.reason);
  return new Promise((resolve) => closed.addEventListener("abort", () => resolve(closed.reason)));
}

/** What a POST gives. */
export interface Posted {
  readonly status: number;
  readonly headers: Headers;
  // deno-lint-ignore no-explicit-any
  readonly json: any;
}

/** Posts JSON, or a text as it is. */
export async function posted(
  url: string,
  body: unknown,
  headers: Record<string, string> = {},
): Promise<Posted> {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    json: text === "" ? null : JSON.parse(text),
  };
}
