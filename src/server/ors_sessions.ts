/**
 * Sessions of the Open Reward Standard: the client is given an id before its episode, and says with each
 * request which session it is of.
 *
 * @module
 */

import type { EpisodeChoice } from "./environment.ts";
import { ResumableCalls } from "./ors_stream.ts";
import { Refusal } from "./refusal.ts";
import type { EnvSession } from "./session.ts";
import type { Seat, Sessions } from "./sessions.ts";

/** A session with its episode. */
export interface OrsSession {
  readonly episode: EnvSession;
  readonly calls: ResumableCalls;
}

// An id of a server is one, so that no client can use an id that others guess.
const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/;

// Of the sessions that ended before, an id gives 404 in place of 410.
const MAX_ENDED = 1000;

/** The sessions of all clients of this protocol, by the ids that the clients were given. */
export class OrsSessions {
  readonly #sessions: Sessions;
  readonly #now: () => number;
  readonly #open = new Map<string, OrsSession & { readonly seat: Seat }>();
  readonly #ended = new Set<string>();

  /** @param now Milliseconds of a clock that only goes forward. */
  constructor(sessions: Sessions, now: () => number) {
    this.#sessions = sessions;
    this.#now = now;
  }

  /**
   * Begins the episode of a session.
   *
   * @returns Whether there was room for it.
   * @throws {Refusal} If the id is not one, or was used before, or there is no such question.
   */
  async begin(sid: string, choice: EpisodeChoice): Promise<boolean> {
    if (!UUID.test(sid)) throw new Refusal(400, "X-Session-ID must be an id of /create_session");
    if (this.#open.has(sid)) throw new Refusal(400, "Session already exists");
    if (this.#ended.has(sid)) throw new Refusal(410, "Session deleted");
    const seat = this.#sessions.open();
    if (seat === null) return false;
    try {
      const episode = await seat.begin(choice);
      // Two requests with one id may have come together.
      if (this.#open.has(sid)) throw new Refusal(400, "Session already exists");
      this.#open.set(sid, { seat, episode, calls: new ResumableCalls(this.#now) });
    } catch (error) {
      await this.#sessions.close(seat.id);
      throw error;
    }
    seat.closed.addEventListener("abort", () => this.#end(sid));
    return true;
  }

  /**
   * The session of an id, which counts as used by this.
   *
   * @throws {Refusal} If there is none, or it has ended.
   */
  get(sid: string): OrsSession {
    const session = this.#open.get(sid);
    if (session !== undefined) {
      session.seat.touch();
      return session;
    }
    throw this.#ended.has(sid)
      ? new Refusal(410, "Session deleted")
      : new Refusal(404, "Active environment not found");
  }

  /** Ends a session, if it is open. Settles when its place is free. */
  async delete(sid: string): Promise<void> {
    const session = this.#open.get(sid);
    if (session !== undefined) await this.#sessions.close(session.seat.id);
  }

  #end(sid: string): void {
    this.#open.delete(sid);
    this.#ended.add(sid);
    if (this.#ended.size <= MAX_ENDED) return;
    this.#ended.delete(this.#ended.values().next().value!);
  }
}
