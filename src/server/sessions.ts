/**
 * The sessions of all clients: how many there may be at a time, and when one that nobody uses ends.
 *
 * @module
 */

import type { EpisodeChoice, ServerEnvironment } from "./environment.ts";
import type { Groups } from "./groups.ts";
import { Refusal } from "./refusal.ts";
import { EnvSession } from "./session.ts";

/** What sessions are made of, and what bounds them. */
export interface SessionsSetup {
  readonly environment: ServerEnvironment;
  readonly groups: Groups;
  /** Sessions at a time. */
  readonly capacity: number;
  /** Milliseconds without use after which a session ends. */
  readonly idleMs: number;
  /** Milliseconds of a clock that only goes forward. */
  readonly now: () => number;
}

/** What became of sessions since the start. */
export interface SessionCounts {
  /** That take a place: open, or closed with SQL that still runs. */
  readonly open: number;
  readonly capacity: number;
  readonly opened: number;
  /** Not opened, as there was no room. */
  readonly refused: number;
  /** Closed, as nobody used them. */
  readonly reaped: number;
}

/** One client's place, in which it runs one episode after the other. */
export class Seat {
  /** Cannot be guessed: who knows it may use the session. */
  readonly id: string = crypto.randomUUID();
  readonly #setup: SessionsSetup;
  readonly #closing = new AbortController();
  #episode: EnvSession | null = null;
  #isBeginning = false;
  #usedAt: number;

  /** @param setup Made by {@linkcode Sessions.open}. */
  constructor(setup: SessionsSetup) {
    this.#setup = setup;
    this.#usedAt = setup.now();
  }

  /** The episode begun last; null before the first. */
  get episode(): EnvSession | null {
    return this.#episode;
  }

  /** Aborted when the session closes; the reason is a text that says why. */
  get closed(): AbortSignal {
    return this.#closing.signal;
  }

  /** Milliseconds since the last use; 0 while it is in use. */
  get idleMs(): number {
    return this.#isBeginning || this.#episode?.isBusy ? 0 : this.#setup.now() - this.#usedAt;
  }

  /** Says that the client is there. */
  touch(): void {
    this.#usedAt = this.#setup.now();
  }

  /**
   * Begins an episode in place of the one before, once nothing of that runs any more.
   *
   * @throws {Refusal} If a step is being taken, there is no such question, or the session is closed.
   */
  async begin(choice: EpisodeChoice): Promise<EnvSession> {
    if (this.#isBeginning || this.#episode?.isBusy) {
      throw new Refusal(409, "Cannot begin an episode as a step is being taken");
    }
    this.#isBeginning = true;
    try {
      this.#episode?.close("the next one began");
      await this.#episode?.settled;
      if (this.closed.aborted) {
        throw new Refusal(410, "Cannot begin an episode as the session was closed");
      }
      const { environment, groups } = this.#setup;
      return this.#episode = EnvSession.start(environment, choice, groups);
    } finally {
      this.#isBeginning = false;
      this.touch();
    }
  }

  /** Ends the session; settles when nothing of it runs any more. */
  async close(reason: string): Promise<void> {
    this.#closing.abort(reason);
    this.#episode?.close(reason);
    await this.#episode?.settled;
  }
}

/**
 * All sessions by their ids. A session's place is free again when nothing of it runs any more, so that
 * clients that leave in the middle of slow SQL cannot pile it up.
 */
export class Sessions {
  readonly #setup: SessionsSetup;
  readonly #seats = new Map<string, Seat>();
  readonly #counts = { opened: 0, refused: 0, reaped: 0 };
  readonly #leaving = new Set<Promise<void>>();
  #isClosed = false;

  constructor(setup: SessionsSetup) {
    this.#setup = setup;
  }

  get counts(): SessionCounts {
    const { capacity } = this.#setup;
    return { open: this.#seats.size + this.#leaving.size, capacity, ...this.#counts };
  }

  /** A new session; null where there is no room for one, or no more are opened. */
  open(): Seat | null {
    if (this.#isClosed || this.#seats.size + this.#leaving.size >= this.#setup.capacity) {
      this.#counts.refused++;
      return null;
    }
    this.#counts.opened++;
    const seat = new Seat(this.#setup);
    this.#seats.set(seat.id, seat);
    return seat;
  }

  /** The open session of an id, which counts as used by this; null where there is none. */
  get(id: string): Seat | null {
    const seat = this.#seats.get(id) ?? null;
    seat?.touch();
    return seat;
  }

  /** Closes a session, if it is open. Settles when its place is free. */
  close(id: string, reason = "closed by the client"): Promise<void> {
    const seat = this.#seats.get(id);
    if (seat === undefined) return Promise.resolve();
    this.#seats.delete(id);
    const leaving = seat.close(reason).finally(() => this.#leaving.delete(leaving));
    this.#leaving.add(leaving);
    return leaving;
  }

  /** Closes the sessions that nobody has used for long. */
  reap(): void {
    for (const [id, { idleMs }] of this.#seats) {
      if (idleMs < this.#setup.idleMs) continue;
      this.#counts.reaped++;
      this.close(id, `idle for ${Math.round(idleMs / 1000)} s`);
    }
  }

  /** Closes all sessions, and opens no more. Settles when nothing of them runs any more. */
  async closeAll(reason: string): Promise<void> {
    this.#isClosed = true;
    for (const id of this.#seats.keys()) this.close(id, reason);
    await Promise.all(this.#leaving);
  }
}
