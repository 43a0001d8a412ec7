/**
 * The routes of the Open Reward Standard on a small database, asked without a network and by a clock that
 * only tests move.
 *
 * @module
 */

import { defaults } from "../../src/config/option.ts";
import { CREDIT_OPTIONS } from "../../src/credit/options.ts";
import { EPISODE_OPTIONS } from "../../src/env/options.ts";
import { REWARD_OPTIONS } from "../../src/rewards/options.ts";
import type { ServerEnvironment } from "../../src/server/environment.ts";
import { Groups } from "../../src/server/groups.ts";
import { orsRoutes } from "../../src/server/ors.ts";
import { Refusal } from "../../src/server/refusal.ts";
import { findRoute, type Route } from "../../src/server/route.ts";
import { Sessions } from "../../src/server/sessions.ts";
import { openShop, type Shop, sqlTask } from "../env/shop.ts";

/** Seconds after which a session that nobody uses ends. */
export const IDLE_S = 900;

/** How many sessions there may be. */
export const CAPACITY = 3;

/** What a request adds to its method and path. */
interface Sent {
  readonly body?: unknown;
  readonly sid?: string;
  readonly accept?: string;
}

/** The server with a client. */
export class OrsServer implements AsyncDisposable {
  readonly sessions: Sessions;
  readonly #shop: Shop;
  readonly #routes: Route[];
  #nowMs = 0;

  private constructor(shop: Shop) {
    const now = () => this.#nowMs;
    const second = { ...shop.example, id: "8", question: "How many shops are there?" };
    const environment: ServerEnvironment = {
      name: "shops",
      task: sqlTask(shop.pool),
      splits: new Map([["train", [shop.example, second]], ["dev", [shop.example]]]),
      episode: { ...defaults(EPISODE_OPTIONS), maxTurns: 3 },
      rewards: defaults(REWARD_OPTIONS),
      credit: defaults(CREDIT_OPTIONS),
      ...{ scalarReward: "outcome", keeper: null },
    };
    const idleMs = 1000 * IDLE_S;
    const groups = new Groups(environment.credit, { idleMs, maxGroups: 9, now });
    this.sessions = new Sessions({ environment, groups, capacity: CAPACITY, idleMs, now });
    this.#shop = shop;
    this.#routes = orsRoutes({ environment, groups, sessions: this.sessions }, now);
  }

  static async open(): Promise<OrsServer> {
    return new OrsServer(await openShop());
  }

  /** Lets time pass, and idle sessions end. */
  pass(seconds: number): void {
    this.#nowMs += 1000 * seconds;
    this.sessions.reap();
  }

  /** The response to a request, which the one redirection there may be has been followed for. */
  async request(method: string, path: string, sent: Sent = {}): Promise<Response> {
    const response = await this.#answered(method, path, sent);
    return response.status === 308
      ? await this.#answered(method, response.headers.get("location")!, sent)
      : response;
  }

  /** What a request is answered with, as JSON. */
  // deno-lint-ignore no-explicit-any
  async json(method: string, path: string, sent: Sent = {}): Promise<any> {
    return await (await this.request(method, path, sent)).json();
  }

  /** A session on a question of the train split. */
  async begun(index = 0): Promise<string> {
    const { sid } = await this.json("POST", "/create_session");
    const response = await this.request("POST", "/create", {
      sid,
      body: { split: "train", index },
    });
    if (!response.ok) throw new Error(await response.text());
    return sid;
  }

  /** What a call gives. */
  // deno-lint-ignore no-explicit-any
  async call(sid: string, name: string, input: object): Promise<any> {
    const response = await this.request("POST", "/shops/call", { sid, body: { name, input } });
    return resultOf(await response.text());
  }

  async #answered(method: string, path: string, { body, sid, accept }: Sent): Promise<Response> {
    const headers = new Headers({ ...sid && { "x-session-id": sid }, ...accept && { accept } });
    const sent = body === undefined ? undefined : JSON.stringify(body);
    const request = new Request(`http://localhost${path}`, { method, headers, body: sent });
    const found = findRoute(this.#routes, method, new URL(request.url).pathname);
    if (found === null) throw new Error(`No route for ${method} ${path}`);
    try {
      return await found.route.handle({ request, params: found.params });
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return Response.json({ detail: error.message }, { status: error.status });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.sessions.closeAll("the test ends");
    await this.#shop[Symbol.asyncDispose]();
  }
}

/** Events of a stream, read as ors-sdk reads them. */
export function eventsOf(stream: string): [name: string, data: string][] {
  return stream.split("\n\n").filter((part) => part.startsWith("event")).map((part) => {
    const [name, data] = part.split("\n").map((line) =>
      line.slice(line.indexOf(":") + 1).trimStart()
    );
    return [name, data];
  });
}

// deno-lint-ignore no-explicit-any
function resultOf(stream: string): any {
  const parts = eventsOf(stream).filter(([name]) => name === "chunk" || name === "end");
  return JSON.parse(parts.map(([, data]) => data).join(""));
}
