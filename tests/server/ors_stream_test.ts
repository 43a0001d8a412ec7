import fc from "fast-check";
import assert from "finestep/assert";
import { chunksOf, LINGER_MS, resultStream, ResumableCalls } from "../../src/server/ors_stream.ts";
import { eventsOf } from "./ors_server.ts";

Deno.test("chunksOf() gives parts that are the text again after blanks at their heads are taken off", () => {
  const value = fc.string({
    unit: fc.constantFrom(" ", "\u00a0", "\u2028", "é", "😀", '"', "\\", "a"),
  });
  fc.assert(fc.property(value, fc.integer({ min: 1, max: 5 }), (text, length) => {
    const chunks = chunksOf(JSON.stringify(text), length);
    // As Python's str.lstrip() does.
    const read = chunks.map((chunk) => chunk.replace(/^[\s\x85]+/, ""));
    assert.equal(JSON.parse(read.join("")), text);
    assert.ok(chunks.every((chunk) => chunk.isWellFormed()));
  }));
});

Deno.test("resultStream() sends comments while it waits, then the result", async () => {
  const known = Promise.withResolvers<string>();
  const reader = resultStream("7", known.promise, 1).body!.pipeThrough(new TextDecoderStream())
    .getReader();
  assert.equal((await reader.read()).value, "event: task_id\ndata: 7\n\n");
  assert.equal((await reader.read()).value, ": waiting\n\n");
  known.resolve("{}");
  let rest = "";
  for (let part = await reader.read(); !part.done; part = await reader.read()) rest += part.value;
  assert.deepEqual(eventsOf(rest), [["end", "{}"]]);
});

Deno.test("resultStream() stops its comments when the client leaves", async () => {
  const known = Promise.withResolvers<string>();
  await resultStream("7", known.promise, 1).body!.cancel();
  known.resolve("{}");
  // Timers that are left, and writing to a stream that is not read any more, fail the test.
});

Deno.test("resultStream() says that a call failed, and not why", async () => {
  const stream = await resultStream("7", Promise.reject(new Error("secret"))).text();
  assert.deepEqual(eventsOf(stream), [["task_id", "7"], ["error", "the call failed"]]);
});

Deno.test("ResumableCalls keeps a bounded number of results, and those it waits for", async () => {
  let nowMs = 0;
  const calls = new ResumableCalls(() => nowMs);
  const pending = calls.start(() => new Promise(() => {}));
  const ids = Array.from({ length: 100 }, (_, n) => calls.start(() => Promise.resolve(`${n}`)));
  await Promise.allSettled(ids.map((id) => calls.result(id)));
  assert.equal(calls.result(ids[0]), undefined);
  assert.equal(await calls.result(ids[99]), "99");
  nowMs = LINGER_MS;
  assert.equal(calls.result(ids[99]), undefined);
  assert.ok(calls.result(pending));
});
