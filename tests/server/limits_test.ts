import assert from "finestep/assert";
import { MAX_BYTES, MAX_DEPTH, parsedJson } from "../../src/server/limits.ts";

const nested = (depth: number) => "[".repeat(depth) + "]".repeat(depth);

Deno.test("parsedJson() counts brackets outside of texts alone", () => {
  assert.deepEqual(parsedJson(JSON.stringify({ text: nested(100) })), { text: nested(100) });
  const text = `\\"${nested(100)}\\`;
  assert.deepEqual(parsedJson(JSON.stringify([text, text])), [text, text]);
  assert.throws(() => parsedJson(`["\\\\", ${nested(MAX_DEPTH)}]`), /at most 64 deep/);
});

Deno.test("parsedJson() reads as deep as it says, and no deeper", () => {
  parsedJson(nested(MAX_DEPTH));
  assert.throws(() => parsedJson(nested(MAX_DEPTH + 1)), /at most 64 deep/);
});

// A reader that begins anew at each of the quotes takes a quarter of an hour here.
Deno.test("parsedJson() refuses a text that never ends, of the largest size, at once", () => {
  assert.throws(() => parsedJson('"' + '\\"'.repeat(MAX_BYTES / 2 - 1)), /Cannot read JSON/);
});
