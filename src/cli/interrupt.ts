/**
 * Ctrl-C in commands that store what they have before they end.
 *
 * @module
 */

/** Exit code after Ctrl-C, as shells give it. */
export const INTERRUPTED = 130;

/**
 * Does work that Ctrl-C asks to stop, by its signal; a second Ctrl-C ends the program at once.
 *
 * @param message Says what the first Ctrl-C does.
 */
export async function stoppable<T>(
  message: string,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const stop = new AbortController();
  const onInterrupt = () => {
    if (stop.signal.aborted) Deno.exit(INTERRUPTED);
    console.error(`\n${message}; press Ctrl-C again to stop at once`);
    stop.abort();
  };
  Deno.addSignalListener("SIGINT", onInterrupt);
  try {
    return await work(stop.signal);
  } finally {
    Deno.removeSignalListener("SIGINT", onInterrupt);
  }
}
