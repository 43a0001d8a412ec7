/**
 * A worker process that answers each statement with its text, and lies about the statement `lie`.
 * Arguments: how it lies, and a file that it makes before its first lie and that stops it from lying
 * again; without the file it always lies.
 *
 * @module
 */

import { encodedFrame, FrameBuffer, READ_BYTES, READY } from "../../src/sandbox/wire.ts";
import type { Numbered, QueryRequest } from "../../src/sandbox/wire.ts";

const [lie, liedFile] = Deno.args;

const LIES: Readonly<Record<string, (id: number) => void>> = {
  "garbage": () => write(Uint8Array.of(0, 0, 0, 3, 1, 2, 3)),
  "an absurd length": () => write(Uint8Array.of(255, 255, 255, 255, 1)),
  "a wrong shape": (id) => send(id, { kind: "rows", rows: "many", elapsedMs: 1 }),
  "a cell that SQL does not have": (id) => send(id, rows([[new Map()]])),
  "another's number": (id) => send(id + 1, rows([["wrong"]])),
  "two answers": (id) => {
    send(id, rows([["lie"]]));
    send(id, rows([["wrong"]]));
  },
  "half an answer": () => {
    write(Uint8Array.of(0, 0, 0, 9, 1));
    Deno.exit(0);
  },
  "its death": () => Deno.kill(Deno.pid, "SIGKILL"),
};

const input = new FrameBuffer();

write(encodedFrame(READY));
for (;;) {
  const { id, body } = read() as Numbered<QueryRequest>;
  if (body.sql === "lie" && isFirstTime()) LIES[lie](id);
  else send(id, rows([[body.sql]]));
}

function isFirstTime(): boolean {
  if (liedFile === undefined) return true;
  try {
    Deno.writeTextFileSync(liedFile, "", { createNew: true });
    return true;
  } catch {
    return false;
  }
}

function rows(cells: unknown) {
  return { kind: "rows", columns: ["sql"], rows: cells, truncated: false, elapsedMs: 0 };
}

function send(id: number, body: unknown): void {
  write(encodedFrame({ id, body }));
}

function write(bytes: Uint8Array): void {
  for (let offset = 0; offset < bytes.length;) {
    offset += Deno.stdout.writeSync(bytes.subarray(offset));
  }
}

function read(): unknown {
  while (input.missing > 0) {
    const bytes = new Uint8Array(Math.max(READ_BYTES, input.missing));
    input.add(bytes.subarray(0, Deno.stdin.readSync(bytes) ?? Deno.exit(0)));
  }
  return input.next();
}
