/**
 * Asks a server until it answers, or until it is clear that it will not.
 *
 * A failure for good ends everything: whoever else waits for an answer is told the same, so that a dead
 * server is found out once and not once a question.
 *
 * @module
 */

import { Rng } from "../../config/rng.ts";
import { backoffMs, retryAfterMs } from "./backoff.ts";
import { type Reply, send } from "./http.ts";
import { isPassing, refusalText } from "./refusal.ts";

/** Where time comes from. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Waits; rejects with the signal's reason once it is aborted. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

/** A server, and how patient one is with it. */
export interface ClientSettings {
  /** For instance `http://127.0.0.1:8000/v1`. */
  readonly baseUrl: string;
  /** Null sends none. */
  readonly apiKey: string | null;
  /** Longest wait for one answer. */
  readonly timeoutMs: number;
  /** Further tries after a failure that may pass. */
  readonly retries: number;
  readonly clock?: Clock;
  /** Told of each failure that is followed by another try. */
  readonly onFailedTry?: () => void;
}

/** One request. */
export interface Request<T> {
  /** Sent as JSON by POST; a request without one is a GET. */
  readonly body?: Readonly<Record<string, unknown>>;
  /** Takes a value from the answer's JSON; throws where that is not of the API's form. */
  readonly read: (json: unknown) => T;
  /** Whether a refusal is for good though its status speaks of a passing reason. */
  readonly isFinal?: (text: string) => boolean;
}

/** A refusal that another try would not change. */
export interface Refusal {
  readonly kind: "refusal";
  readonly status: number;
  /** The reply's body. */
  readonly text: string;
}

/** What a request comes to. */
export type Told<T> = { readonly kind: "read"; readonly value: T } | Refusal;

/** A failure that may pass. */
interface Passing {
  readonly kind: "passing";
  readonly reason: string;
}

/** A server did not answer, or refused to; the message says all that is known. */
export class EndpointError extends Error {
  override readonly name = "EndpointError";
}

/** Longer than this the server is not waited for, whatever it asks. */
const LONGEST_RETRY_AFTER_MS = 600_000;

const SYSTEM_CLOCK: Clock = {
  now: Date.now,
  sleep: (ms, signal) => {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, ms);
    const stop = () => reject(signal.reason);
    signal.addEventListener("abort", stop, { once: true });
    return promise.finally(() => {
      clearTimeout(timer);
      signal.removeEventListener("abort", stop);
    });
  },
};

/** Sends requests to one server. */
export class Client implements Disposable {
  readonly #settings: Required<ClientSettings>;
  /** Aborted by what ends everything. */
  readonly #end = new AbortController();
  /** Whether anyone ever replied. */
  #isReached = false;
  #failedTries = 0;

  /** @throws {RangeError} If the base URL is no plain address of HTTP. */
  constructor(settings: ClientSettings) {
    const baseUrl = settings.baseUrl.replace(/\/+$/, "");
    checkBaseUrl(baseUrl);
    this.#settings = { clock: SYSTEM_CLOCK, onFailedTry: () => {}, ...settings, baseUrl };
  }

  /** The address of a path below the base URL. */
  url(path: string): string {
    return `${this.#settings.baseUrl}/${path}`;
  }

  /**
   * Sends a request until it is answered.
   *
   * @throws {EndpointError} If it fails for passing reasons more often than is tried, or all was ended.
   */
  async request<T>(path: string, request: Request<T>): Promise<Told<T>> {
    const { retries, clock, onFailedTry } = this.#settings;
    for (let tries = 1;; tries++) {
      const reply = await this.#sent(path, request);
      const told = toldBy(reply, request);
      if (told.kind !== "passing") return told;
      const waitMs = reply.kind === "reply" ? retryAfterMs(reply.retryAfter, clock.now()) : 0;
      // Where nobody ever replied the address is wrong more often than the server is busy.
      if (!this.#isReached || tries > retries || waitMs > LONGEST_RETRY_AFTER_MS) {
        throw this.#unanswered(path, told.reason, tries, waitMs);
      }
      this.#end.signal.throwIfAborted();
      onFailedTry();
      const uniform = new Rng(this.#failedTries++, "backoff").uniform();
      await clock.sleep(backoffMs(tries, { uniform, retryAfterMs: waitMs }), this.#end.signal);
    }
  }

  /** Ends everything: whoever waits is told the same. */
  fail(error: unknown): never {
    this.#end.abort(error);
    throw error;
  }

  [Symbol.dispose](): void {
    this.#end.abort(new EndpointError("Cannot ask the endpoint as it must be open: it was closed"));
  }

  async #sent(path: string, { body }: Request<unknown>): Promise<Reply> {
    const { apiKey, timeoutMs } = this.#settings;
    this.#end.signal.throwIfAborted();
    const reply = await send(this.url(path), {
      method: body ? "POST" : "GET",
      headers: {
        ...body ? { "content-type": "application/json" } : {},
        ...apiKey ? { authorization: `Bearer ${apiKey}` } : {},
      },
      body: body && JSON.stringify(body),
      timeoutMs,
      signal: this.#end.signal,
    });
    if (reply.kind === "lost") return reply;
    this.#isReached = true;
    // Servers may quote the key that they refuse.
    return apiKey ? { ...reply, text: reply.text.replaceAll(apiKey, "***") } : reply;
  }

  #unanswered(path: string, reason: string, tries: number, waitMs: number): EndpointError {
    const wish = waitMs > 0 ? `; it asks to wait ${Math.round(waitMs / 1000)} s` : "";
    return new EndpointError(
      `Cannot ask the endpoint as it must answer: ${this.url(path)}: ${reason}${wish} (${
        tries === 1 ? "1 try" : `${tries} tries`
      })`,
    );
  }
}

function checkBaseUrl(baseUrl: string): void {
  const url = URL.parse(baseUrl);
  const isPlain = url && /^https?:$/.test(url.protocol) && !url.username && !url.password &&
    !url.search && !url.hash;
  if (isPlain) return;
  // It may hold a secret, so it is not repeated.
  throw new RangeError(
    "Cannot ask the endpoint as its base URL must be http or https, without user, password or query",
  );
}

function toldBy<T>(reply: Reply, { read, isFinal }: Request<T>): Told<T> | Passing {
  if (reply.kind === "lost") return { kind: "passing", reason: reply.reason };
  const { status, text } = reply;
  if (status >= 200 && status < 300) return readOrPassing(text, read);
  return isPassing(status) && !isFinal?.(text)
    ? { kind: "passing", reason: `HTTP ${status}: ${refusalText(text)}` }
    : { kind: "refusal", status, text };
}

/** An answer that is broken may come whole the next time. */
function readOrPassing<T>(text: string, read: (json: unknown) => T): Told<T> | Passing {
  try {
    return { kind: "read", value: read(JSON.parse(text)) };
  } catch (error) {
    const what = error instanceof SyntaxError ? "no JSON" : "not of the API's form";
    return { kind: "passing", reason: `the answer is ${what}: ${refusalText(text)}` };
  }
}
