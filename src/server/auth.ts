/**
 * Who may use the server. Beyond this machine everybody needs a token; on it, a server without one serves
 * whoever can reach it, but no web page that a browser here has open.
 *
 * @module
 */

import { createHash, timingSafeEqual } from "node:crypto";
import { Refusal } from "./refusal.ts";

/**
 * Whether only this machine reaches an address.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { isLoopback } from "./auth.ts";
 *
 * assert(isLoopback("127.0.0.1") && isLoopback("localhost") && isLoopback("[::1]"));
 * assert(!isLoopback("0.0.0.0") && !isLoopback("127.0.0.1.example.com"));
 * ```
 */
export function isLoopback(host: string): boolean {
  return /^(?:localhost|127(?:\.\d{1,3}){3}|\[?::1\]?)$/i.test(host);
}

/**
 * Refuses to serve other machines without a token.
 *
 * @throws {RangeError} If there is none.
 */
export function requireToken(host: string, token: string | null, variable: string): void {
  if (token !== null || isLoopback(host)) return;
  throw new RangeError(
    `Cannot serve on ${host} as other machines must have a token: set ${variable}`,
  );
}

/**
 * Refuses a request that may not be served. With a token, it must come in `Authorization: Bearer` or
 * `X-API-Key`. Without one, Host and Origin must be of this machine: a page whose host name was made to
 * point here (DNS rebinding) has its own in them.
 *
 * @throws {Refusal} With 401 or 403.
 */
export function checkAccess({ headers, url }: Request, token: string | null): void {
  if (token !== null) {
    const bearer = /^Bearer +(.+)$/i.exec(headers.get("authorization") ?? "")?.[1];
    const given = bearer ?? headers.get("x-api-key");
    if (given != null && isSame(given.trim(), token)) return;
    throw new Refusal(401, "Cannot serve this request as it must have the server's token");
  }
  const origin = headers.get("origin");
  if (isLoopback(new URL(url).hostname) && (origin === null || isLocalOrigin(origin))) return;
  throw new Refusal(
    403,
    "Cannot serve this request as its Host and Origin must be of this machine",
  );
}

function isLocalOrigin(origin: string): boolean {
  return URL.canParse(origin) && isLoopback(new URL(origin).hostname);
}

/** Takes the same time wherever the texts differ. */
function isSame(a: string, b: string): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}
