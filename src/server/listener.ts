/**
 * A port that stays open: Deno's server ends for good when the system refuses it one connection, say as
 * too many files are open.
 *
 * @module
 */

import { setTimeout } from "node:timers/promises";

/** Where is listened, and how long. */
export interface ListenOptions {
  readonly host: string;
  /** 0 for any that is free. */
  readonly port: number;
  /** Ends it. */
  readonly signal: AbortSignal;
}

/** A port that is listened on. */
export interface Listener {
  readonly port: number;
  /** Settles when all is over, after the signal. */
  readonly finished: Promise<void>;
}

/** Milliseconds after a failure to the next try. */
const RETRY_MS = 1000;

/**
 * Serves until the signal. Where connections can be accepted no more, it says so on stderr and listens
 * anew; those that there are go on.
 *
 * @throws {Deno.errors.AddrInUse} If the port is taken.
 */
export function listen(
  { host: hostname, port: wanted, signal }: ListenOptions,
  handler: (request: Request) => Promise<Response>,
): Listener {
  const start = (port: number) =>
    Deno.serve({ hostname, port, signal, onListen: () => {} }, handler);
  const first = start(wanted);
  const { port } = first.addr;
  const restarted = async (error: unknown): Promise<Deno.HttpServer | null> => {
    console.error(`Cannot accept connections, and try again: ${(error as Error).message}`);
    while (!await isAborted(signal)) {
      try {
        return start(port);
      } catch {
        // Still too many files, or the port is not free yet.
      }
    }
    return null;
  };
  const keepUp = async () => {
    for (let server: Deno.HttpServer | null = first; server !== null;) {
      server = await server.finished.then(() => null, restarted);
    }
  };
  return { port, finished: keepUp() };
}

/** Waits until the next try; whether the signal came meanwhile. */
function isAborted(signal: AbortSignal): Promise<boolean> {
  return setTimeout(RETRY_MS, false, { signal }).catch(() => true);
}
