import assert from "node:assert/strict";
import fc from "fast-check";
import { microBatches } from "../../src/engines/micro_batches.ts";
import { batchOf } from "./engine_fixtures.ts";

const LIMITS = { maxTokens: 128, maxLength: 100 };

const BATCHES = fc.array(fc.integer({ min: 0, max: 100 }), { maxLength: 12 }).chain((lengths) => {
  const size = lengths.reduce((sum, length) => sum + length, 0);
  return fc.record({
    lengths: fc.constant(lengths),
    scored: fc.array(fc.boolean(), { minLength: size, maxLength: size }),
  });
});

function cut({ lengths, scored }: { lengths: number[]; scored: boolean[] }) {
  const batch = batchOf(lengths, scored.map((_, token) => 1000 + token), () => 1);
  return { batch, micros: microBatches(batch, (token) => scored[token], LIMITS) };
}

Deno.test("microBatches() score each wanted token once, but no trajectory's first", () => {
  fc.assert(fc.property(BATCHES, (given) => {
    const { batch, micros } = cut(given);
    const firsts = new Set(batch.offsets);
    const wanted = given.scored.flatMap((isScored, token) =>
      isScored && !firsts.has(token) ? [token] : []
    );
    assert.deepEqual(micros.flatMap(({ tokens }) => [...tokens]).sort((a, b) => a - b), wanted);
  }));
});

Deno.test("microBatches() put before each position the trajectory up to it", () => {
  fc.assert(fc.property(BATCHES, (given) => {
    const { batch, micros } = cut(given);
    for (const { ids, positions, targets, tokens, length } of micros) {
      tokens.forEach((token, row) => {
        const start = batch.offsets.findLast((offset) => offset <= token)!;
        const begin = Math.floor(positions[row] / length) * length;
        const seen = ids.subarray(begin, positions[row] + 1);
        assert.deepEqual(seen, batch.ids.subarray(start, token));
        assert.equal(targets[row], batch.ids[token]);
      });
    }
  }));
});

Deno.test("microBatches() keep to the token budget and the model's length", () => {
  fc.assert(fc.property(BATCHES, (given) => {
    for (const { batch, length, ids } of cut(given).micros) {
      assert.ok(length <= LIMITS.maxLength);
      assert.equal(ids.length, batch * length);
      assert.ok(batch === 1 || ids.length <= LIMITS.maxTokens);
    }
  }));
});

Deno.test("microBatches() leave out what follows the last scored token", () => {
  const batch = batchOf([90], Array.from({ length: 90 }, (_, i) => i), () => 1);
  const [micro] = microBatches(batch, (token) => token === 20, LIMITS);
  assert.equal(micro.length, 32);
  assert.deepEqual([...micro.targets], [20]);
});
