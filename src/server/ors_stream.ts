/**
 * Results of the Open Reward Standard as events of a stream that can be taken up again: a client that
 * lost the stream names the task and reads the same result, without the call being made twice.
 *
 * @module
 */

/** Milliseconds that a result can be read again after it is known (ors-sdk, LINGER_SECONDS). */
export const LINGER_MS = 60_000;

// Clients give up after 30 s without a byte (ors-sdk, heartbeat_timeout).
const KEEP_ALIVE_MS = 10_000;

// A client's buffer for one line is 64 KiB, and a character takes up to 4 bytes.
const CHUNK_LENGTH = 4096;

// A session makes one call at a time, so that more are only kept for clients that flood it.
const MAX_KEPT = 16;

interface Call {
  readonly result: Promise<string>;
  endedAt: number | null;
}

/** The calls of one session by task id. */
export class ResumableCalls {
  readonly #calls = new Map<string, Call>();
  readonly #now: () => number;

  /** @param now Milliseconds of a clock that only goes forward. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Makes a call; the id to ask for its result by. */
  start(run: () => Promise<string>): string {
    this.#forget();
    const id = crypto.randomUUID();
    const call: Call = { result: run(), endedAt: null };
    const end = () => void (call.endedAt = this.#now());
    call.result.then(end, end);
    this.#calls.set(id, call);
    return id;
  }

  /** The result of a call; undefined where there is none of this id, or it was known too long ago. */
  result(id: string): Promise<string> | undefined {
    this.#forget();
    return this.#calls.get(id)?.result;
  }

  #forget(): void {
    const oldest = this.#now() - LINGER_MS;
    for (const [id, { endedAt }] of this.#calls) {
      if (endedAt === null) continue;
      if (endedAt <= oldest || this.#calls.size > MAX_KEPT) this.#calls.delete(id);
    }
  }
}

/**
 * A result as a stream of server-sent events: `task_id`, comments while it is waited for, `chunk`s and
 * the `end`, whose data together are the result; or an `error`.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { resultStream } from "./ors_stream.ts";
 *
 * const response = resultStream("7", Promise.resolve('{"ok":true}'));
 * assert.equal(await response.text(), 'event: task_id\ndata: 7\n\nevent: end\ndata: {"ok":true}\n\n');
 * ```
 *
 * @param result JSON without line breaks; nothing is said of why it failed.
 */
export function resultStream(
  taskId: string,
  result: Promise<string>,
  keepAliveMs = KEEP_ALIVE_MS,
): Response {
  const encoder = new TextEncoder();
  let timer: ReturnType<typeof setInterval>;
  let isRead = true;
  const body = new ReadableStream<Uint8Array>({
    async start(controller) {
      const send = (text: string) => isRead && controller.enqueue(encoder.encode(text));
      send(event("task_id", taskId));
      timer = setInterval(() => send(": waiting\n\n"), keepAliveMs);
      const events = await result.then(resultEvents, () => [event("error", "the call failed")]);
      clearInterval(timer);
      events.forEach(send);
      if (isRead) controller.close();
    },
    cancel() {
      isRead = false;
      clearInterval(timer);
    },
  });
  return new Response(body, {
    headers: { "content-type": "text/event-stream", "cache-control": "no-cache" },
  });
}

/** A text that is known at once, in the same form. */
export function eventStream(events: readonly (readonly [name: string, data: string])[]): Response {
  return new Response(events.map(([name, data]) => event(name, data)).join(""), {
    headers: { "content-type": "text/event-stream", "cache-control": "no-cache" },
  });
}

function event(name: string, data: string): string {
  return `event: ${name}\ndata: ${data}\n\n`;
}

function resultEvents(json: string): string[] {
  const chunks = [...chunksOf(json)];
  return chunks.map((chunk, c) => event(c < chunks.length - 1 ? "chunk" : "end", chunk));
}

/**
 * Parts of a JSON text that are never cut inside a character and never begin with a blank, which clients
 * take off: such a blank is part of a string, so that it can be written as an escape.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { chunksOf } from "./ors_stream.ts";
 *
 * const json = JSON.stringify("two words");
 * const chunks = [...chunksOf(json, 4)];
 * assert.deepEqual(chunks, ['"two', "\\u0020wor", 'ds"']);
 * assert.equal(JSON.parse(chunks.join("")), "two words");
 * ```
 */
export function chunksOf(json: string, length = CHUNK_LENGTH): string[] {
  const chunks = json.match(new RegExp(`[^]{1,${length}}`, "gu")) ?? [""];
  return chunks.map((chunk) => chunk.replace(LEADING_BLANK, escaped));
}

// What Python's str.lstrip() takes off; JSON has the control characters among them as escapes.
const LEADING_BLANK = /^[\s\x85]/;

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
