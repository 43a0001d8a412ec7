/**
 * What a client may send: how much, how fast and how deep. All of it is checked before anything else is
 * done with it.
 *
 * @module
 */

import { Refusal } from "./refusal.ts";

/** Bytes of a request's body or of a WebSocket's message. */
export const MAX_BYTES = 2 ** 20;

/**
 * Characters of a model's message; one that is longer was cut off, as at a policy's longest turn. Scoring
 * reads a message's SQL a few times, at about a microsecond for each character.
 */
export const MAX_MESSAGE_CHARS = 2 ** 16;

/** Milliseconds in which a request's body must have come. */
export const BODY_TIMEOUT_MS = 10_000;

/** Messages of one WebSocket that may wait while one is worked on. */
export const MAX_WAITING = 16;

/** Bytes of answers that a client may leave unread. */
export const MAX_UNREAD_BYTES = 2 ** 24;

// JSON.parse takes any depth; JSON.stringify, which writes what a model called, ends in a full stack.
/** Arrays and objects inside each other. */
export const MAX_DEPTH = 64;

/**
 * Reads a request's body as JSON; an empty body is `{}`.
 *
 * @throws {Refusal} If it is too large, too slow, no JSON, or nested too deep.
 */
export async function jsonBody(request: Request): Promise<unknown> {
  const text = await bodyText(request);
  return text.trim() === "" ? {} : parsedJson(text);
}

/**
 * Reads JSON that a client sent.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { parsedJson } from "./limits.ts";
 *
 * assert.deepEqual(parsedJson('{"seed": 1}'), { seed: 1 });
 * assert.throws(() => parsedJson("[".repeat(100) + "]".repeat(100)), /at most 64 deep/);
 * ```
 *
 * @throws {Refusal} If it is no JSON, or nested too deep.
 */
export function parsedJson(text: string): unknown {
  if (depthOf(text) > MAX_DEPTH) {
    throw new Refusal(400, `Cannot read JSON as it must be nested at most ${MAX_DEPTH} deep`);
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Refusal(400, `Cannot read JSON: ${(error as Error).message}`);
  }
}

/**
 * How deep brackets outside of texts are nested. One walk over the characters: a pattern that looks for
 * whole texts begins anew at each quote of one that never ends, which takes minutes for a message of the
 * largest size.
 */
function depthOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  let isText = false;
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (character === '"') isText = !isText;
    else if (isText) at += Number(character === "\\");
    else if (character === "[" || character === "{") deepest = Math.max(deepest, ++depth);
    else if (character === "]" || character === "}") depth--;
  }
  return deepest;
}

async function bodyText(request: Request): Promise<string> {
  if (request.body === null) return "";
  const late = AbortSignal.timeout(BODY_TIMEOUT_MS);
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  try {
    await request.body.pipeTo(
      new WritableStream({
        write(chunk) {
          bytes += chunk.byteLength;
          if (bytes > MAX_BYTES) {
            throw new Refusal(
              413,
              `Cannot read a body as it must be of at most ${MAX_BYTES} bytes`,
            );
          }
          text += decoder.decode(chunk, { stream: true });
        },
      }),
      { signal: late },
    );
  } catch (error) {
    if (error instanceof Refusal) throw error;
    if (late.aborted) {
      throw new Refusal(408, `Cannot read a body as it must come within ${BODY_TIMEOUT_MS} ms`);
    }
    throw new Refusal(400, "Cannot read a body as the connection broke");
  }
  return text + decoder.decode();
}
