/**
 * The thread of a worker process that answers the pool's requests, one at a time, over standard input
 * and output, and keeps the databases it used last open.
 *
 * @module
 */

import { readsClock } from "./pinned_now.ts";
import { ReadOnlyDatabase } from "./read_only_database.ts";
import { runTimes } from "./run_times.ts";
import type { ThreadMessage } from "./watched_thread.ts";
import { encodedFrame, FrameBuffer, READ_BYTES, READY } from "./wire.ts";
import type { Numbered, SqlAnswer, SqlRequest } from "./wire.ts";

// Deno checks the types of a worker's module as if it ran in the main thread.
declare function postMessage(message: ThreadMessage): void;

const MAX_OPEN_DATABASES = 8;

/** Open connections by what they were opened with, the one used last at the end. */
const databases = new Map<string, ReadOnlyDatabase>();

const input = new FrameBuffer();

postMessage("loaded");
writeAll(encodedFrame(READY));
for (let request = readRequest(); request !== null; request = readRequest()) {
  writeAll(encodedFrame({ id: request.id, body: answer(request.body) }));
}
postMessage("input closed");

function answer(request: SqlRequest): SqlAnswer {
  try {
    return request.kind === "query"
      ? openDatabase(request, request.sql).query(request.sql, request)
      : runTimes(request, (sql) => connect(request, sql), request);
  } catch (error) {
    return { kind: "error", message: (error as Error).message, elapsedMs: 0 };
  }
}

function openDatabase(request: SqlRequest, sql: string): ReadOnlyDatabase {
  const key = JSON.stringify([
    request.databasePath,
    request.reverseUnordered,
    nowFor(request, sql),
  ]);
  const database = databases.get(key) ?? connect(request, sql);
  databases.delete(key);
  databases.set(key, database);
  if (databases.size > MAX_OPEN_DATABASES) closeLeastRecent();
  return database;
}

function connect(request: SqlRequest, sql: string): ReadOnlyDatabase {
  const { databasePath, reverseUnordered } = request;
  return new ReadOnlyDatabase(databasePath, { reverseUnordered, now: nowFor(request, sql) });
}

/** Pinned date functions cost microseconds a call, so only statements that ask for the time have them. */
function nowFor({ now }: SqlRequest, sql: string): string | null {
  return now !== null && readsClock(sql) ? now : null;
}

function closeLeastRecent(): void {
  const [key, database] = databases.entries().next().value!;
  databases.delete(key);
  database[Symbol.dispose]();
}

/** Null when the input ends. */
function readRequest(): Numbered<SqlRequest> | null {
  while (input.missing > 0) {
    const bytes = new Uint8Array(Math.max(READ_BYTES, input.missing));
    const count = Deno.stdin.readSync(bytes);
    if (count === null) return null;
    input.add(bytes.subarray(0, count));
  }
  return input.next() as Numbered<SqlRequest>;
}

function writeAll(bytes: Uint8Array): void {
  for (let offset = 0; offset < bytes.length;) {
    offset += Deno.stdout.writeSync(bytes.subarray(offset));
  }
}
