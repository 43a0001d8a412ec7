/**
 * A WebSocket whose messages are answered one by one, in their order. A client that sends faster than it
 * is answered, sends too much at once or does not read loses its connection, and nobody else notices.
 *
 * @module
 */

import { MAX_BYTES, MAX_UNREAD_BYTES, MAX_WAITING } from "./limits.ts";
import { Refusal } from "./refusal.ts";

/** What is done at the other end of a socket. */
export interface SocketService {
  /** The answer to a message; null ends the connection. What it throws ends it as well. */
  readonly answer: (message: string) => Promise<string | null>;
  /** Aborted when the connection is to end, with a text that says why. */
  readonly closed: AbortSignal;
  /** Called once, when no answer is waited for any more. */
  readonly onGone: () => void;
}

/** Close codes of RFC 6455. */
const NORMAL = 1000;
const GOING_AWAY = 1001;
const UNSUPPORTED = 1003;
const POLICY = 1008;
const TOO_BIG = 1009;
const INTERNAL = 1011;
const TRY_AGAIN = 1013;

// Half of it after the last sign of life a ping is sent, so that a peer that vanished is known by then.
/** Seconds in which a peer must give a sign of life. */
const PEER_TIMEOUT_S = 30;

/** A connection under way. */
export interface Connection {
  /** What the request is to be answered with. */
  readonly response: Response;
  /** Settles when the connection has ended on both sides. */
  readonly ended: Promise<void>;
}

/**
 * Makes a request a WebSocket.
 *
 * @param connect Called when there is a connection; a text refuses it: that is sent, and it ends.
 * @throws {Refusal} If the request does not ask for a WebSocket.
 */
export function connected(request: Request, connect: () => SocketService | string): Connection {
  const { socket, response } = upgraded(request);
  const ended = new Promise<void>((resolve) => socket.addEventListener("close", () => resolve()));
  const service = connect();
  if (typeof service !== "string") serve(socket, service);
  else {
    socket.onopen = () => {
      socket.send(service);
      close(socket, TRY_AGAIN, "no room");
    };
  }
  return { response, ended };
}

function upgraded(request: Request): Deno.WebSocketUpgrade {
  try {
    return Deno.upgradeWebSocket(request, { idleTimeout: PEER_TIMEOUT_S });
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new Refusal(426, "Cannot answer this request as it must ask for a WebSocket");
  }
}

function serve(socket: WebSocket, { answer, closed, onGone }: SocketService): void {
  const waiting: string[] = [];
  let isAnswering = false;
  const answerAll = async () => {
    isAnswering = true;
    try {
      for (let text = waiting.shift(); text !== undefined; text = waiting.shift()) {
        const reply = await answer(text);
        if (socket.readyState !== WebSocket.OPEN) return;
        if (reply === null) return leave(NORMAL, "closed by the client");
        socket.send(reply);
        if (socket.bufferedAmount > MAX_UNREAD_BYTES) return leave(POLICY, "answers are not read");
      }
    } catch (error) {
      console.error(error);
      leave(INTERNAL, "internal error");
    } finally {
      isAnswering = false;
    }
  };
  let isGone = false;
  const gone = () => {
    if (isGone) return;
    isGone = true;
    waiting.length = 0;
    closed.removeEventListener("abort", onClosed);
    onGone();
  };
  const leave = (code: number, reason: string) => {
    close(socket, code, reason);
    // A peer that does not read does not close either; its session need not wait for that.
    gone();
  };
  const onClosed = () => leave(GOING_AWAY, String(closed.reason));
  closed.addEventListener("abort", onClosed);
  socket.onmessage = ({ data }) => {
    if (isGone || socket.readyState !== WebSocket.OPEN) return;
    if (typeof data !== "string") return leave(UNSUPPORTED, "messages must be text");
    if (data.length > MAX_BYTES) return leave(TOO_BIG, `a message may have ${MAX_BYTES} bytes`);
    if (waiting.length >= MAX_WAITING) return leave(POLICY, "too many messages wait");
    waiting.push(data);
    if (!isAnswering) answerAll();
  };
  socket.onclose = gone;
  // The close that follows says what has to be done.
  socket.onerror = () => {};
}

/** Reasons are of at most 123 bytes; one that was closed before stays so. */
function close(socket: WebSocket, code: number, reason: string): void {
  if (socket.readyState <= WebSocket.OPEN) socket.close(code, reason.slice(0, 120));
}
