/**
 * One HTTP request and what became of it. What a reply means is not known here.
 *
 * @module
 */

/** A reply that came whole, or why none did. */
export type Reply =
  | {
    readonly kind: "reply";
    readonly status: number;
    readonly text: string;
    readonly retryAfter: string | null;
  }
  | { readonly kind: "lost"; readonly reason: string };

/** What is sent. */
export interface Outgoing {
  readonly method: "GET" | "POST";
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Until the last byte of the reply. */
  readonly timeoutMs: number;
  /** Gives the request up. */
  readonly signal: AbortSignal;
}

/**
 * Sends a request and reads the whole reply.
 *
 * @returns `lost` where no connection came about, it broke, or time ran out.
 * @throws The signal's reason, once it is aborted.
 */
export async function send(url: string, outgoing: Outgoing): Promise<Reply> {
  const { timeoutMs, signal, ...init } = outgoing;
  const deadline = AbortSignal.timeout(timeoutMs);
  let status: number | null = null;
  try {
    const response = await fetch(url, { ...init, signal: AbortSignal.any([signal, deadline]) });
    ({ status } = response);
    const retryAfter = response.headers.get("retry-after");
    return { kind: "reply", status, text: await response.text(), retryAfter };
  } catch (error) {
    signal.throwIfAborted();
    if (deadline.aborted) return { kind: "lost", reason: `no whole answer within ${timeoutMs} ms` };
    const reason = status === null ? connectionFailure(error) : "the answer was cut off";
    return { kind: "lost", reason };
  }
}

/** Why there is no connection, without the address, which the reader is told anyway. */
function connectionFailure(error: unknown): string {
  const { message, cause } = error as Error;
  const reason = cause instanceof Error ? cause.message : message;
  return reason.replace(/^error sending request for url \(.*?\): /, "");
}
