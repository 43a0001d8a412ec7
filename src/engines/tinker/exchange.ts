/**
 * One request over HTTP and what came of it. Whether it is made again is not decided here.
 *
 * @module
 */

import { PROTOBUF } from "./messages.ts";
import { Patience, type PatienceOptions } from "./patience.ts";

/** An answer that came in whole. */
export interface Whole {
  readonly status: number;
  readonly type: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly retryAfter: string | null;
  /** Where the answer points to. */
  readonly location: string | null;
}

/** What came of a request. */
export type Reply =
  | { readonly kind: "reply" } & Whole
  /** `isHeld` where nothing was heard, as of a server that holds a poll until there is a result. */
  | { readonly kind: "lost"; readonly reason: string; readonly isHeld: boolean }
  | { readonly kind: "tooLarge" };

/** How long a request may take, and what ends it. */
export interface ExchangeOptions extends Omit<PatienceOptions, "sentBytes"> {
  readonly closing: AbortSignal;
  /** Of an answer that may lie elsewhere, and is fetched from there; others are not followed. */
  readonly mostBytes?: number;
}

/** Makes a request once. */
export async function exchanged(
  asked: URL,
  init: RequestInit,
  { closing, mostBytes, ...waiting }: ExchangeOptions,
): Promise<Reply> {
  using patience = new Patience({ ...waiting, sentBytes: sizeOf(init.body) });
  const signal = AbortSignal.any([patience.signal, closing]);
  try {
    const answer = await fetch(asked, { ...init, signal, redirect: "manual" });
    const response = mostBytes === undefined
      ? answer
      : await followed(answer, asked, { headers: init.headers, signal });
    const bytes = await patience.bodyOf(response, mostBytes);
    return bytes ? { kind: "reply", bytes, ...headOf(response) } : { kind: "tooLarge" };
  } catch (error) {
    return patience.signal.aborted
      ? { kind: "lost", reason: "no answer came in time", isHeld: true }
      : { kind: "lost", reason: connectionFailure(error), isHeld: false };
  }
}

/** A request with a body, in JSON or as a message. */
export function requestOf(body: object | Uint8Array): RequestInit {
  const isMessage = body instanceof Uint8Array;
  return {
    method: "POST",
    headers: { "content-type": isMessage ? PROTOBUF : "application/json" },
    body: isMessage ? body as Uint8Array<ArrayBuffer> : JSON.stringify(body),
  };
}

/** Whether a refusal is the server's own, which gives a reason in JSON. */
export function isReasoned(bytes: Uint8Array): boolean {
  try {
    const { detail, error, error_message, message } = Object(
      JSON.parse(new TextDecoder().decode(bytes)),
    );
    return [detail, error, error_message, message].some((said) => said !== undefined);
  } catch {
    return false;
  }
}

/** Where an answer points to, which is asked with the key only on the same server. */
async function followed(answer: Response, asked: URL, init: RequestInit): Promise<Response> {
  const location = answer.headers.get("location");
  if (answer.status < 300 || answer.status > 399 || location === null) return answer;
  await answer.body?.cancel();
  const target = new URL(location, asked);
  return await fetch(target, target.origin === asked.origin ? init : { signal: init.signal });
}

function headOf({ status, headers }: Response): Omit<Whole, "bytes"> {
  return {
    status,
    type: headers.get("content-type") ?? "",
    retryAfter: headers.get("retry-after"),
    location: headers.get("location"),
  };
}

/** Bytes of a body of {@linkcode requestOf}: in JSON all but a few characters are of one byte. */
function sizeOf(body: RequestInit["body"]): number {
  return typeof body === "string" || body instanceof Uint8Array ? body.length : 0;
}

/** Why there is no connection, without the address, which the reader is told anyway. */
function connectionFailure(error: unknown): string {
  const { message, cause } = error as Error;
  const reason = cause instanceof Error ? cause.message : message;
  return reason.replace(/^error sending request for url \(.*?\): /, "");
}
