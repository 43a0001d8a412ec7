/**
 * The pool's side of one worker process: starts it, asks it, kills it.
 *
 * @module
 */

import type { SqlFailure, SqlResult } from "./result_set.ts";
import { bodyLength, decodedBody, encodedFrame, HEADER_BYTES, READY } from "./wire.ts";
import type { SqlRequest } from "./wire.ts";

/** No answer within the pool's caps comes near this; a length above it is garbage. */
const MAX_ANSWER_BYTES = 2 ** 30;

/** A longer timer, `Infinity` included, would go off at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

const FIRST_READ_BYTES = 16_384;

/** How long an answer that was in time may lie unread because this process was busy itself. */
const GRACE_MS = 20;

/** A worker process, which may have died; it takes one request at a time. */
export class WorkerProcess {
  readonly #child: Deno.ChildProcess;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>;
  readonly #reader: ReadableStreamBYOBReader;
  #isAlive = true;

  private constructor(child: Deno.ChildProcess) {
    this.#child = child;
    this.#writer = child.stdin.getWriter();
    this.#reader = child.stdout.getReader({ mode: "byob" });
    child.status.then(() => this.#isAlive = false);
  }

  /**
   * Starts a process and waits until it takes requests.
   *
   * @throws {Error} If it ends before that.
   */
  static async start(command: Deno.Command): Promise<WorkerProcess> {
    const worker = new WorkerProcess(command.spawn());
    const greeting = await worker.#receive().catch(() => null);
    if (greeting !== READY) {
      const ending = await worker.kill();
      throw new Error(`Cannot start a SQL worker as its process ended early: ${ending}`);
    }
    worker.#child.unref();
    return worker;
  }

  /** Whether it can be asked again; an idle process may die later, which costs one request. */
  get isAlive(): boolean {
    return this.#isAlive;
  }

  /** Runs one statement; at the deadline and after a crash the process is gone. */
  async ask(request: SqlRequest, timeoutMs: number): Promise<SqlResult> {
    // An idle worker does not keep the program running, a query does.
    this.#child.ref();
    const deadline = new Deadline(timeoutMs, () => this.#isAlive && this.#child.kill("SIGKILL"));
    try {
      const result = await this.#exchange(request);
      return result.elapsedMs > timeoutMs ? timeout(timeoutMs, result.elapsedMs) : result;
    } catch {
      const ending = await this.kill();
      return deadline.isOver
        ? timeout(timeoutMs, deadline.elapsedMs)
        : crash(ending, deadline.elapsedMs);
    } finally {
      deadline.cancel();
      this.#child.unref();
    }
  }

  /** Ends the process, waits until it is gone and says how it ended. */
  async kill(): Promise<string> {
    this.#child.ref();
    if (this.#isAlive) this.#child.kill("SIGKILL");
    this.#isAlive = false;
    const { code, signal } = await this.#child.status;
    await Promise.allSettled([this.#reader.cancel(), this.#writer.abort()]);
    return signal === null ? `exit code ${code}` : `signal ${signal}`;
  }

  async #exchange(request: SqlRequest): Promise<SqlResult> {
    await this.#writer.write(encodedFrame(request));
    const answer = await this.#receive();
    if (isResult(answer)) return answer;
    throw new TypeError("Cannot read the answer of a SQL worker as it is no result");
  }

  async #receive(): Promise<unknown> {
    // Most answers are short and come whole with the first read.
    const start = await this.#read(new Uint8Array(FIRST_READ_BYTES), HEADER_BYTES);
    const length = bodyLength(start);
    if (length > MAX_ANSWER_BYTES) {
      throw new RangeError(`Cannot read the answer of a SQL worker as it is too long: ${length}`);
    }
    const received = start.subarray(HEADER_BYTES);
    if (received.length >= length) return decodedBody(received);
    const missing = length - received.length;
    const rest = await this.#read(new Uint8Array(missing), missing);
    const body = new Uint8Array(length);
    body.set(received);
    body.set(rest, received.length);
    return decodedBody(body);
  }

  async #read(into: Uint8Array<ArrayBuffer>, atLeast: number): Promise<Uint8Array<ArrayBuffer>> {
    const { value, done } = await this.#reader.read(into, { min: atLeast });
    if (!done && value.length >= atLeast) return value;
    throw new Error("Cannot read the answer of a SQL worker as its output ended");
  }
}

/** Calls `expire` once, unless cancelled before. */
class Deadline {
  isOver = false;
  readonly #start = performance.now();
  #timer: ReturnType<typeof setTimeout>;

  constructor(timeoutMs: number, expire: () => void) {
    // Timers run before input: after this process was busy past the deadline, the second timer lets an
    // answer that has long arrived come first.
    this.#timer = setTimeout(() => {
      this.#timer = setTimeout(() => {
        this.isOver = true;
        expire();
      }, GRACE_MS);
    }, Math.min(timeoutMs, MAX_TIMER_MS));
  }

  get elapsedMs(): number {
    return performance.now() - this.#start;
  }

  cancel(): void {
    clearTimeout(this.#timer);
  }
}

/**
 * The command of a worker that may read below `roots` and do nothing else.
 *
 * @throws {RangeError} If a root has a comma: Deno's flag has no way to write it.
 */
export function workerCommand(roots: readonly string[]): Deno.Command {
  const readable = [...roots, import.meta.dirname!];
  const odd = readable.find((path) => path.includes(","));
  if (odd !== undefined) {
    throw new RangeError(`Cannot let a SQL worker read a path as it must not have a comma: ${odd}`);
  }
  return new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--quiet",
      "--no-prompt",
      "--no-config",
      "--no-lock",
      "--no-remote",
      "--no-npm",
      "--cached-only",
      "--v8-flags=--max-old-space-size=1024",
      `--allow-read=${readable}`,
      new URL("./worker.ts", import.meta.url).href,
    ],
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
  });
}

function isResult(answer: unknown): answer is SqlResult {
  return typeof answer === "object" && answer !== null && "kind" in answer && "elapsedMs" in answer;
}

function timeout(timeoutMs: number, elapsedMs: number): SqlFailure {
  return { kind: "timeout", message: `Stopped after ${timeoutMs} ms`, elapsedMs };
}

function crash(ending: string, elapsedMs: number): SqlFailure {
  return { kind: "crashed", message: `The SQL worker died: ${ending}`, elapsedMs };
}
