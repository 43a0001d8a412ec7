import assert from "finestep/assert";
import type { SqlAnswer } from "../../src/sandbox/wire.ts";
import { workerCommand, WorkerProcess } from "../../src/sandbox/worker_process.ts";

const REQUEST = {
  kind: "query",
  databasePath: "none.sqlite",
  sql: "SELECT 1",
  maxRows: 10,
  maxBytes: 1000,
  now: null,
  reverseUnordered: false,
} as const;

/** The answer to one request. */
async function ask(worker: WorkerProcess, timeoutMs: number): Promise<SqlAnswer> {
  const { value } = await worker.answers([{ request: REQUEST, timeoutMs }]).next();
  assert.ok(value);
  return value;
}

/** A worker that greets as it should and answers a request by running `answer`. */
function startImpostor(answer: string): Promise<WorkerProcess> {
  const program = `
    import { encodedFrame, READY } from ${
    JSON.stringify(import.meta.resolve("../../src/sandbox/wire.ts"))
  };
    const send = (bytes) => Deno.stdout.writeSync(bytes);
    send(encodedFrame(READY));
    Deno.stdin.readSync(new Uint8Array(1000));
    ${answer};
    Deno.stdin.readSync(new Uint8Array(1));`;
  const command = new Deno.Command(Deno.execPath(), {
    args: ["eval", "--quiet", program],
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
  });
  return WorkerProcess.start(command);
}

for (
  const [does, answer] of [
    ["writes bytes that are no message", "send(Uint8Array.of(0, 0, 0, 3, 1, 2, 3))"],
    ["announces an answer of four gigabytes", "send(Uint8Array.of(255, 255, 255, 255))"],
    ["answers with something that is no result", "send(encodedFrame([1, 2]))"],
    ["stops in the middle of an answer", "send(Uint8Array.of(0, 0, 0, 9, 1)); Deno.exit(7)"],
    ["exits", "Deno.exit(7)"],
  ]
) {
  Deno.test(`WorkerProcess.answers() gives a crash when the worker ${does}`, async () => {
    const worker = await startImpostor(answer);
    assert.equal((await ask(worker, 30_000)).kind, "crashed");
    assert.equal(worker.isAlive, false);
  });
}

Deno.test("WorkerProcess.answers() gives a timeout when the worker never answers", async () => {
  const worker = await startImpostor("");
  assert.equal((await ask(worker, 50)).kind, "timeout");
  assert.equal(worker.isAlive, false);
});

Deno.test("WorkerProcess.start() reports a worker that cannot start", async () => {
  const command = new Deno.Command(Deno.execPath(), {
    args: ["eval", "Deno.exit(5)"],
    stdin: "piped",
    stdout: "piped",
  });
  await assert.rejects(WorkerProcess.start(command), /ended early: exit code 5/);
});

Deno.test("WorkerProcess.kill() ends an idle worker, and again does nothing", async () => {
  const worker = await WorkerProcess.start(workerCommand([], 1024));
  assert.equal((await worker.kill()).signal, "SIGKILL");
  assert.equal((await worker.kill()).signal, "SIGKILL");
});
