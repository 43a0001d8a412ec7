/**
 * A connection that sends bytes as they are: what no well-behaved client would send, at any pace.
 *
 * @module
 */

const encoder = new TextEncoder();

/** Milliseconds without a byte after which a connection is left as open. */
const PATIENCE_MS = 60_000;

/** Bytes, or a text as UTF-8. */
type Sent = string | Uint8Array<ArrayBuffer>;

/** A TCP connection to a server. */
export class RawSocket implements Disposable {
  readonly #connection: Deno.TcpConn;
  #unread = "";
  #hasEnded = false;

  private constructor(connection: Deno.TcpConn) {
    this.#connection = connection;
  }

  static async open(url: string): Promise<RawSocket> {
    const { hostname, port } = new URL(url);
    return new RawSocket(await Deno.connect({ hostname, port: Number(port) }));
  }

  /** A connection that has become a WebSocket. */
  static async upgraded(url: string, token: string): Promise<RawSocket> {
    const socket = await RawSocket.open(url);
    await socket.send(upgradeRequest(token));
    await socket.until(/\r\n\r\n/);
    return socket;
  }

  /** Sends all at once; one that the server has closed takes nothing. */
  async send(sent: Sent): Promise<void> {
    let bytes = typeof sent === "string" ? encoder.encode(sent) : sent;
    try {
      while (bytes.length > 0) bytes = bytes.subarray(await this.#connection.write(bytes));
    } catch {
      this.#hasEnded = true;
    }
  }

  /** Sends byte by byte. */
  async drip(sent: Sent, everyMs: number): Promise<void> {
    const bytes = typeof sent === "string" ? encoder.encode(sent) : sent;
    for (let at = 0; at < bytes.length && !this.#hasEnded; at++) {
      await this.send(bytes.subarray(at, at + 1));
      await new Promise((resolve) => setTimeout(resolve, everyMs));
    }
  }

  /** Reads up to a match; what came, as Latin-1, with `[closed]` after it where the server ended it. */
  async until(pattern: RegExp): Promise<string> {
    const buffer = new Uint8Array(65_536);
    while (!pattern.test(this.#unread)) {
      const count = await this.#read(buffer);
      if (count === null) return this.#taken() + "[closed]";
      this.#unread += String.fromCharCode(...buffer.subarray(0, count));
    }
    return this.#taken();
  }

  async #read(buffer: Uint8Array<ArrayBuffer>): Promise<number | null> {
    const timer = setTimeout(() => this[Symbol.dispose](), PATIENCE_MS);
    try {
      return await this.#connection.read(buffer);
    } catch {
      return null;
    } finally {
      clearTimeout(timer);
    }
  }

  #taken(): string {
    const text = this.#unread;
    this.#unread = "";
    return text;
  }

  /** Leaves without a word. */
  [Symbol.dispose](): void {
    try {
      this.#connection.close();
    } catch {
      // It was closed before.
    }
  }
}

/** The request that makes a connection a WebSocket. */
export function upgradeRequest(token: string, path = "/ws"): string {
  return [
    `GET ${path} HTTP/1.1`,
    "Host: localhost",
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    `Authorization: Bearer ${token}`,
    "\r\n",
  ].join("\r\n");
}

/** A request with a body, of which a part may be sent. */
export function postRequest(path: string, token: string, body: string, sent = body): string {
  return [
    `POST ${path} HTTP/1.1`,
    "Host: localhost",
    "Connection: close",
    `X-API-Key: ${token}`,
    "Content-Type: application/json",
    `Content-Length: ${encoder.encode(body).length}`,
    "",
    sent,
  ].join("\r\n");
}

/** How a frame differs from a text that a client may send (RFC 6455, section 5.2). */
interface FrameChanges {
  readonly opcode?: number;
  readonly isMasked?: boolean;
  /** Length that the frame says it has. */
  readonly length?: number;
}

/** A frame of a WebSocket, as a client sends it. */
export function frame(
  text: string,
  { opcode = 1, isMasked = true, length }: FrameChanges = {},
): Uint8Array<ArrayBuffer> {
  const payload = encoder.encode(text);
  const header = new DataView(new ArrayBuffer(14));
  header.setUint8(0, 0x80 | opcode);
  header.setUint8(1, (isMasked ? 0x80 : 0) | 127);
  header.setBigUint64(2, BigInt(length ?? payload.length));
  // A mask of zeros leaves the payload as it is.
  const bytes = new Uint8Array((isMasked ? 14 : 10) + payload.length);
  bytes.set(new Uint8Array(header.buffer, 0, isMasked ? 14 : 10));
  bytes.set(payload, isMasked ? 14 : 10);
  return bytes;
}
