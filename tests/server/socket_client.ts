/**
 * A client of a WebSocket that asks and waits for answers, in order.
 *
 * @module
 */

/** How a connection ended. */
export interface Ending {
  readonly code: number;
  readonly reason: string;
}

/** An open connection; closed at the end of its `using` block. */
export class SocketClient implements AsyncDisposable {
  readonly #socket: WebSocket;
  readonly #answers: string[] = [];
  readonly #awaited: ((text: string) => void)[] = [];
  /** Settles when the connection has ended. */
  readonly ended: Promise<Ending>;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.onmessage = ({ data }) => {
      const awaited = this.#awaited.shift();
      if (awaited) awaited(data);
      else this.#answers.push(data);
    };
    this.ended = new Promise((resolve) => {
      socket.onclose = ({ code, reason }) => resolve({ code, reason });
    });
  }

  /** @param url Of `http:`, with the path. */
  static async open(url: string): Promise<SocketClient> {
    const socket = new WebSocket(url.replace(/^http/, "ws"));
    const client = new SocketClient(socket);
    await new Promise<void>((resolve, reject) => {
      socket.onopen = () => resolve();
      socket.onerror = (event) => reject(new Error((event as ErrorEvent).message));
    });
    socket.onerror = () => {};
    return client;
  }

  /** Sends as it is. */
  send(data: string | Uint8Array<ArrayBuffer>): void {
    this.#socket.send(data);
  }

  /** The next answer. */
  // deno-lint-ignore no-explicit-any
  async next(): Promise<any> {
    const text = this.#answers.shift() ??
      await new Promise<string>((resolve) => this.#awaited.push(resolve));
    return JSON.parse(text);
  }

  /** Sends JSON, or a text as it is, and gives the next answer. */
  // deno-lint-ignore no-explicit-any
  ask(message: unknown): Promise<any> {
    this.send(typeof message === "string" ? message : JSON.stringify(message));
    return this.next();
  }

  async close(): Promise<void> {
    this.#socket.close();
    await this.ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
