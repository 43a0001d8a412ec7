/**
 * Requests to a Tinker server, tried again where the protocol allows it, and the futures that its
 * operations answer with.
 *
 * The rules are those of the tinker SDK (lib/api_future_impl.py): after 408 and 5xx a request is made
 * again, after 429 and lost connections later; a 400 that gives no reason is from something in between
 * and tried three times; after 410 the answer is lost and the operation is asked for anew; all else is
 * the server's last word.
 *
 * @module
 */

import { backoffMs, retryAfterMs } from "../../policies/openai/backoff.ts";
import { isPassing, refusalText } from "../../policies/openai/refusal.ts";
import { exchanged, isReasoned, type Reply, requestOf, type Whole } from "./exchange.ts";
import { PROTOBUF } from "./messages.ts";
import { Fields } from "./protobuf_fields.ts";
import { type Decoder, pollState, PROMISE } from "./wire.ts";

/** The clock, so that tests need not wait. */
export interface Clock {
  /** Milliseconds. */
  now(): number;
  wait(ms: number): Promise<void>;
}

/** Where a server is, and how long it is waited for. */
export interface TransportOptions {
  /** Its address, `/api/v1` not included. */
  readonly url: string;
  /** Sent as `X-API-Key`; null sends none. */
  readonly apiKey: string | null;
  /** Longest wait for an operation's result, its retries included, in ms. */
  readonly timeoutMs: number;
  /** Longest silence of a request before it is made anew, in ms; that of {@linkcode Patience} unless given. */
  readonly silenceMs?: number;
  /** Told, at most once a minute, what is waited for and why. */
  readonly onWaiting?: (message: string) => void;
  readonly clock?: Clock;
}

/** What is sent, in JSON or as a message. */
export type Body = object | Uint8Array;

/** A server that refused, failed, or did not answer. */
export class TinkerError extends Error {
  override readonly name = "TinkerError";

  /** @param status That of HTTP; null where there was no answer. */
  constructor(message: string, readonly status: number | null) {
    super(message);
  }
}

/** Null where the server says no; a server that says nothing is another matter. */
export async function unlessRefused<T>(
  attempt: () => Promise<T>,
  onRefusal: (refusal: TinkerError) => void = () => {},
): Promise<T | null> {
  try {
    return await attempt();
  } catch (error) {
    if (!(error instanceof TinkerError) || error.status === null) throw error;
    onRefusal(error);
    return null;
  }
}

/** How a request is made. */
export interface Manner {
  /** Whether a request whose answer was lost may be made again; not where it would be refused then. */
  readonly isRepeatable?: boolean;
  /** In place of the transport's own. */
  readonly timeoutMs?: number;
  /** Whether nobody waits for it, so that no wait is told of. */
  readonly isAside?: boolean;
}

/** A request and how its failures are told of. */
interface Asking extends Manner {
  /** The operation that a poll is for. */
  readonly of?: string;
  /** Of an answer that may lie elsewhere, and is fetched from there: the most bytes that it may have. */
  readonly mostBytes?: number;
}

const BARE_400_RETRIES = 3;
const PROMISE_RETRIES = 3;

/** Between polls of a server that answers at once that it is not ready. */
const TRY_AGAIN_MS = 200;

/** Between two messages to the user that something is waited for. */
const NOTICE_MS = 60_000;

const REAL_CLOCK: Clock = {
  now: () => performance.now(),
  wait: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
};

/** A connection to one server. */
export class Transport implements Disposable {
  readonly #options: TransportOptions;
  readonly #clock: Clock;
  readonly #closing = new AbortController();
  #nextNotice = -Infinity;

  constructor(options: TransportOptions) {
    this.#options = options;
    this.#clock = options.clock ?? REAL_CLOCK;
  }

  /** Its address. */
  get url(): string {
    return this.#options.url;
  }

  /** Asks for something that is answered at once. */
  async get<T>(path: string, decoder: Decoder<T>, manner?: Manner): Promise<T> {
    const reply = await this.#answered(path, { method: "GET" }, this.#deadline(manner), manner);
    return this.#parsed(path, reply, decoder);
  }

  /**
   * The bytes of a file, which the server may have elsewhere.
   *
   * @throws {TinkerError} If the server refuses, does not answer, or the file has more than `mostBytes`.
   */
  async download(path: string, mostBytes: number): Promise<Uint8Array<ArrayBuffer>> {
    const asking = { mostBytes };
    return (await this.#answered(path, { method: "GET" }, this.#deadline(), asking)).bytes;
  }

  /** Makes a request that is answered at once. */
  async post<T>(path: string, body: Body, decoder: Decoder<T>, manner?: Manner): Promise<T> {
    const reply = await this.#answered(path, requestOf(body), this.#deadline(manner), manner);
    return this.#parsed(path, reply, decoder);
  }

  /**
   * Makes a request that is answered by a promise, and waits for its result.
   *
   * @throws {TinkerError} If the server refuses or fails, or there is no result in time.
   */
  async result<T>(
    path: string,
    body: Body,
    decoder: Decoder<T>,
    manner?: Manner,
  ): Promise<T> {
    const deadline = this.#deadline(manner);
    for (let tries = 1;; tries++) {
      const reply = await this.#answered(path, requestOf(body), deadline, manner);
      const requestId = this.#parsed(path, reply, PROMISE);
      const result = await this.#polled(path, requestId, deadline, manner);
      if (result !== null) return this.#parsed(path, result, decoder);
      if (tries === PROMISE_RETRIES) {
        throw new TinkerError(
          `Cannot get the result of ${this.#nameOf(path)} as the server lost it ${tries} times`,
          410,
        );
      }
    }
  }

  /** Gives up all requests under way. */
  [Symbol.dispose](): void {
    this.#closing.abort(
      new TinkerError(`Cannot ask ${this.url} as the connection is closed`, null),
    );
  }

  /** Polls for a result; null when the server has lost it. */
  async #polled(
    path: string,
    requestId: string,
    deadline: number,
    { isAside = false }: Manner = {},
  ): Promise<Whole | null> {
    const body = requestOf({ request_id: requestId, allow_metadata_only: false });
    while (true) {
      const reply = await this.#answered("retrieve_future", body, deadline, { of: path, isAside });
      if (reply.status === 410) return null;
      if (reply.type.startsWith(PROTOBUF)) return reply;
      const state = pollState(this.#json(path, reply));
      if (state.kind === "done") return reply;
      if (state.kind === "failed") {
        throw new TinkerError(
          `Cannot go on as the server failed at ${this.#nameOf(path)}: ${state.reason}`,
          200,
        );
      }
      this.#checkTime(path, "it goes on working", deadline);
      if (state.kind === "announced") continue;
      if (state.reason !== null && !isAside) this.#notify(path, state.reason, deadline);
      await this.#clock.wait(TRY_AGAIN_MS);
    }
  }

  /** A reply that is a success, or a 410 to a poll. */
  async #answered(
    path: string,
    init: RequestInit,
    deadline: number,
    { isRepeatable = true, isAside = false, of = path, mostBytes }: Asking = {},
  ): Promise<Whole> {
    const isPoll = of !== path;
    let [failures, bareRefusals] = [0, 0];
    while (true) {
      const reply = await this.#sent(path, init, { deadline, mostBytes });
      if (reply.kind === "tooLarge") throw this.#tooLarge(of, mostBytes!);
      if (reply.kind === "reply") {
        const { status } = reply;
        if (status < 300 || (isPoll && status === 410)) return reply;
        if (status === 408 && isPoll) {
          this.#checkTime(of, "it goes on working", deadline);
          continue;
        }
        const isBare = status === 400 && !isReasoned(reply.bytes);
        if (isBare ? ++bareRefusals > BARE_400_RETRIES : !isPassing(status)) {
          throw this.#refused(of, reply);
        }
      } else if (!isRepeatable) {
        throw new TinkerError(
          `Cannot go on as there was no answer to ${this.#nameOf(of)}: ${reply.reason}`,
          null,
        );
      }
      const reason = reply.kind === "lost" ? reply.reason : `its answer is ${reply.status}`;
      this.#checkTime(of, reason, deadline);
      const retryAfter = reply.kind === "reply" ? retryAfterMs(reply.retryAfter, Date.now()) : 0;
      // A poll that was held until its end is no failure.
      if (reply.kind === "lost" && isPoll && reply.isHeld) continue;
      if (failures > 0 && !isAside) this.#notify(of, reason, deadline);
      const chance = { uniform: Math.random(), retryAfterMs: retryAfter };
      await this.#clock.wait(backoffMs(++failures, chance));
    }
  }

  async #sent(
    path: string,
    init: RequestInit,
    { deadline, mostBytes }: { readonly deadline: number } & Pick<Asking, "mostBytes">,
  ): Promise<Reply> {
    const { url, apiKey, silenceMs } = this.#options;
    const headers = { ...init.headers, ...apiKey === null ? {} : { "X-API-Key": apiKey } };
    const reply = await exchanged(new URL(`${url}/api/v1/${path}`), { ...init, headers }, {
      ...{ silenceMs, mostBytes, closing: this.#closing.signal },
      totalMs: deadline - this.#clock.now(),
    });
    this.#closing.signal.throwIfAborted();
    return reply;
  }

  #parsed<T>(path: string, reply: Whole, { json, message }: Decoder<T>): T {
    try {
      if (message && reply.type.startsWith(PROTOBUF)) return message(new Fields(reply.bytes));
    } catch (error) {
      throw this.#unreadable(path, (error as Error).message);
    }
    const parsed = json.safeParse(this.#json(path, reply));
    if (parsed.success) return parsed.data;
    const { path: field, message: said } = parsed.error.issues[0];
    throw this.#unreadable(path, `"${field.join(".")}": ${said}`);
  }

  #json(path: string, { bytes }: Whole): unknown {
    try {
      return JSON.parse(new TextDecoder().decode(bytes));
    } catch (error) {
      throw this.#unreadable(path, (error as Error).message);
    }
  }

  #unreadable(path: string, reason: string): TinkerError {
    return new TinkerError(
      `Cannot read the answer to ${this.#nameOf(path)} as it must be of the Tinker API: ${reason}`,
      200,
    );
  }

  #refused(path: string, { status, bytes, location }: Whole): TinkerError {
    const said = location === null
      ? refusalText(new TextDecoder().decode(bytes))
      : `it points to ${location}, and requests are made where "--server" says alone`;
    return new TinkerError(
      `Cannot go on as the server refused ${this.#nameOf(path)} with status ${status}: ${said}`,
      status,
    );
  }

  #tooLarge(path: string, mostBytes: number): TinkerError {
    return new TinkerError(
      `Cannot take ${this.#nameOf(path)} as it must have at most ${mostBytes} bytes: it has more`,
      200,
    );
  }

  #checkTime(path: string, reason: string, deadline: number): void {
    if (this.#clock.now() < deadline) return;
    throw new TinkerError(
      `Cannot get the result of ${this.#nameOf(path)} as the time for it is over: ${reason}`,
      null,
    );
  }

  /** Tells of a wait, so that nobody takes it for work. */
  #notify(path: string, reason: string, deadline: number): void {
    const now = this.#clock.now();
    if (now < this.#nextNotice) return;
    this.#nextNotice = now + NOTICE_MS;
    const left = Math.ceil((deadline - now) / 1000);
    this.#options.onWaiting?.(`Waiting for ${this.#nameOf(path)}, up to ${left} s more: ${reason}`);
  }

  #deadline({ timeoutMs = this.#options.timeoutMs }: Manner = {}): number {
    return this.#clock.now() + timeoutMs;
  }

  #nameOf(path: string): string {
    return `"${path}" at ${this.url}`;
  }
}
