/**
 * A worker process that answers each statement with its text, and lies about the statement `lie`.
 * Arguments: how it lies, and a file that it makes before its first lie and that stops it from lying
 * again; without the file it always lies.
 *
 * @module
 */

import { bodyLength, decodedBody, encodedFrame, HEADER_BYTES } from "../../src/sandbox/wire.ts";
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

write(encodedFrame("ready"));
for (;;) {
  const { id, body } = decodedBody(read(bodyLength(read(HEADER_BYTES)))) as Numbered<QueryRequest>;
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

function read(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let offset = 0; offset < length;) {
    offset += Deno.stdin.readSync(bytes.subarray(offset)) ?? Deno.exit(0);
  }
  return bytes;
}
