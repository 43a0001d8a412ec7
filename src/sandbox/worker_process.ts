/**
 * The pool's side of one worker process: starts it, asks it, kills it.
 *
 * @module
 */

import { isAnswer } from "./answer_shape.ts";
import { workerArguments } from "./own_process.ts";
import type { SqlFailure } from "./result_set.ts";
import { encodedFrame, FrameBuffer, READ_BYTES, READY } from "./wire.ts";
import type { Numbered, SqlAnswer, SqlRequest } from "./wire.ts";

/** A longer timer, `Infinity` included, would go off at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** How long an answer that was in time may lie unread because this process was busy itself. */
const GRACE_MS = 20;

/** How a worker ends that was over its cap on memory. */
const OVER_MEMORY_EXIT_CODE = 77;

/** A request and the milliseconds that it may take. */
export interface TimedRequest {
  readonly request: SqlRequest;
  readonly timeoutMs: number;
}

/** A worker process, which may have died; it works on one request at a time. */
export class WorkerProcess {
  readonly #child: Deno.ChildProcess;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>;
  readonly #reader: ReadableStreamBYOBReader;
  readonly #output = new FrameBuffer();
  #requestCount = 0;
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
      throw new Error(`Cannot start a SQL worker as its process ended early: ${named(ending)}`);
    }
    worker.#child.unref();
    return worker;
  }

  /** Whether it can be asked again; an idle process may die later, which costs one request. */
  get isAlive(): boolean {
    return this.#isAlive;
  }

  /**
   * Runs requests one after the other. Each deadline begins with the answer before; after a failure that
   * ends the process, the answers end, so the requests that follow were not begun.
   */
  async *answers(requests: readonly TimedRequest[]): AsyncGenerator<SqlAnswer, undefined> {
    // An idle worker does not keep the program running, a query does.
    this.#child.ref();
    try {
      const firstId = this.#send(requests);
      for (const [i, { timeoutMs }] of requests.entries()) {
        yield await this.#answer(firstId + i, timeoutMs);
        if (!this.#isAlive) return;
      }
    } finally {
      this.#child.unref();
    }
  }

  /** Ends the process, waits until it is gone and says how it ended. */
  async kill(): Promise<Deno.CommandStatus> {
    this.#child.ref();
    this.#endNow();
    this.#isAlive = false;
    const status = await this.#child.status;
    await Promise.allSettled([this.#reader.cancel(), this.#writer.abort()]);
    return status;
  }

  #send(requests: readonly TimedRequest[]): number {
    const firstId = this.#requestCount;
    this.#requestCount += requests.length;
    const frames = requests.map(({ request }, i) =>
      encodedFrame({ id: firstId + i, body: request })
    );
    // Not awaited: a worker that is busy writing a large answer takes no more requests until it is read.
    this.#writer.write(joined(frames)).catch(() => {});
    return firstId;
  }

  async #answer(id: number, timeoutMs: number): Promise<SqlAnswer> {
    const deadline = new Deadline(timeoutMs, () => this.#endNow());
    try {
      const answer = bodyOf(await this.#receive(), id);
      return answer.kind !== "times" && answer.elapsedMs > timeoutMs
        ? timeout(timeoutMs, answer.elapsedMs)
        : answer;
    } catch (error) {
      const ending = await this.kill();
      if (deadline.isOver) return timeout(timeoutMs, deadline.elapsedMs);
      return ending.code === OVER_MEMORY_EXIT_CODE
        ? overMemory(deadline.elapsedMs)
        : crash(error as Error, ending, deadline.elapsedMs);
    } finally {
      deadline.cancel();
    }
  }

  async #receive(): Promise<unknown> {
    const { missing } = this.#output;
    if (missing > 0) {
      // At first only a length is missing; a long answer takes a second read.
      const into = new Uint8Array(Math.max(READ_BYTES, missing));
      const { value, done } = await this.#reader.read(into, { min: missing });
      if (done || value.length < missing) throw new Error("its output ended");
      this.#output.add(value);
      return this.#receive();
    }
    return this.#output.next();
  }

  #endNow(): void {
    if (this.#isAlive) this.#child.kill("SIGKILL");
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
 * The command of a worker that may read below `roots`, hold so much memory, and do nothing else.
 *
 * @throws {RangeError} If a root cannot be allowed.
 */
export function workerCommand(roots: readonly string[], memoryMiB: number): Deno.Command {
  return new Deno.Command(Deno.execPath(), {
    args: workerArguments({ roots, memoryMiB, exitCode: OVER_MEMORY_EXIT_CODE }),
    // So that SQL's 'localtime' is the same everywhere.
    env: { TZ: "UTC" },
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
  });
}

function joined(parts: readonly Uint8Array<ArrayBuffer>[]): Uint8Array<ArrayBuffer> {
  if (parts.length === 1) return parts[0];
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}

/** @throws {TypeError} If the message is not the answer to that request. */
function bodyOf(message: unknown, id: number): SqlAnswer {
  const { id: answered, body } = Object(message) as Partial<Numbered<unknown>>;
  if (answered === id && isAnswer(body)) return body;
  throw new TypeError("it sent what is no answer to the request");
}

function timeout(timeoutMs: number, elapsedMs: number): SqlFailure {
  return { kind: "timeout", message: `Stopped after ${timeoutMs} ms`, elapsedMs };
}

function overMemory(elapsedMs: number): SqlFailure {
  return { kind: "too_large", message: "Stopped over the cap on memory", elapsedMs };
}

function crash({ message }: Error, ending: Deno.CommandStatus, elapsedMs: number): SqlFailure {
  return {
    kind: "crashed",
    message: `The SQL worker died (${named(ending)}): ${message}`,
    elapsedMs,
  };
}

function named({ code, signal }: Deno.CommandStatus): string {
  return signal === null ? `exit code ${code}` : `signal ${signal}`;
}
