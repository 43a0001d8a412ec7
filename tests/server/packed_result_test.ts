import assert from "finestep/assert";
import { packedResult } from "../../src/server/packed_result.ts";
import { failure, rows } from "../rewards/episodes.ts";

const CELLS = [null, 2n ** 63n - 1n, -0, Infinity, "Zoë \ud83d", Uint8Array.of(0, 255)];
const LARGE = rows(...Array.from({ length: 3000 }, (_, n) => [...CELLS, BigInt(n)]));

Deno.test("packedResult() gives rows of all types back, also when they were collected", () => {
  let unpackings = 0;
  const collected = () => {
    unpackings++;
    return { deref: () => undefined };
  };
  for (const packed of [packedResult(LARGE), packedResult(LARGE, collected)]) {
    assert.deepEqual({ ...packed }, LARGE);
  }
  assert.equal(unpackings, 2);
});

Deno.test("packedResult() leaves small results and failures as they are", () => {
  for (const result of [rows([1n]), failure("no such table: t")]) {
    assert.equal(packedResult(result), result);
  }
});
