/**
 * The thread of a worker process that answers the pool's requests, one at a time, over standard input
 * and output, and keeps the databases it used last open.
 *
 * @module
 */

import { ReadOnlyDatabase } from "./read_only_database.ts";
import type { SqlResult } from "./result_set.ts";
import { bodyLength, decodedBody, encodedFrame, HEADER_BYTES, READY } from "./wire.ts";
import type { SqlRequest } from "./wire.ts";

// Deno checks the types of a worker's module as if it ran in the main thread.
declare function postMessage(message: unknown): void;

const MAX_OPEN_DATABASES = 8;

/** Open databases by path, the one used last at the end. */
const databases = new Map<string, ReadOnlyDatabase>();

writeAll(encodedFrame(READY));
for (let request = readRequest(); request !== null; request = readRequest()) {
  writeAll(encodedFrame(answer(request)));
}
postMessage("input closed");

function answer({ databasePath, sql, maxRows, maxBytes }: SqlRequest): SqlResult {
  let database: ReadOnlyDatabase;
  try {
    database = openDatabase(databasePath);
  } catch (error) {
    return { kind: "error", message: (error as Error).message, elapsedMs: 0 };
  }
  return database.query(sql, { maxRows, maxBytes });
}

function openDatabase(path: string): ReadOnlyDatabase {
  const database = databases.get(path) ?? new ReadOnlyDatabase(path);
  databases.delete(path);
  databases.set(path, database);
  if (databases.size > MAX_OPEN_DATABASES) closeLeastRecent();
  return database;
}

function closeLeastRecent(): void {
  const [path, database] = databases.entries().next().value!;
  databases.delete(path);
  database[Symbol.dispose]();
}

function readRequest(): SqlRequest | null {
  const header = readExactly(HEADER_BYTES);
  const body = header && readExactly(bodyLength(header));
  return body && decodedBody(body) as SqlRequest;
}

/** Null when the input ends before that many bytes. */
function readExactly(length: number): Uint8Array | null {
  const bytes = new Uint8Array(length);
  for (let offset = 0; offset < length;) {
    const read = Deno.stdin.readSync(bytes.subarray(offset));
    if (read === null) return null;
    offset += read;
  }
  return bytes;
}

function writeAll(bytes: Uint8Array): void {
  for (let offset = 0; offset < bytes.length;) {
    offset += Deno.stdout.writeSync(bytes.subarray(offset));
  }
}
