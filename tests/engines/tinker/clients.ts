/**
 * Clients of the scripted server, whose waits take no time.
 *
 * @module
 */

import type { Clock } from "../../../src/engines/tinker/transport.ts";
import { Session } from "../../../src/engines/tinker/session.ts";
import { Rng } from "../../../src/config/rng.ts";
import { TableModel } from "./served_models.ts";
import type { Habits } from "./tinker_server.ts";
import { TinkerServer } from "./tinker_server.ts";

/** A clock that only waiting moves; it remembers the waits, in ms. */
export class SkippingClock implements Clock {
  readonly waits: number[] = [];
  #now = 0;

  now(): number {
    return this.#now;
  }

  wait(ms: number): Promise<void> {
    this.waits.push(ms);
    this.#now += ms;
    return Promise.resolve();
  }
}

/** A table of 32 tokens with lively logits. */
export function lively(): Promise<TableModel> {
  const rng = new Rng(1, "table");
  return Promise.resolve(
    new TableModel(Float64Array.from({ length: 32 * 32 }, () => rng.normal())),
  );
}

/** A server over {@linkcode lively} and a session on it. */
export async function served(
  use: (session: Session, server: TinkerServer, clock: SkippingClock) => Promise<void>,
  habits: Partial<Habits> = {},
): Promise<void> {
  await using server = new TinkerServer(lively, habits);
  const clock = new SkippingClock();
  const options = { url: server.url, apiKey: null, timeoutMs: 600_000, clock };
  await using session = await Session.open(options, "");
  await use(session, server, clock);
}
