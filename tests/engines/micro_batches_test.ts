import assert from "finestep/assert";
import fc from "fast-check";
import { contextFeeds } from "../../src/engines/context.ts";
import { type MicroBatch, microBatches } from "../../src/engines/micro_batches.ts";
import { batchOf, tinyConfig, tinyEngine, weightedLogprobs } from "./engine_fixtures.ts";

const LIMITS = { maxTokens: 128, maxPairs: 12_000, pairsPerToken: 50 };

/** Groups of trajectories that begin with one prompt; which tokens are scored is drawn too. */
const BATCHES = fc.array(
  fc.record({
    prompt: fc.integer({ min: 0, max: 40 }),
    own: fc.array(fc.integer({ min: 0, max: 60 }), { minLength: 1, maxLength: 4 }),
  }),
  { maxLength: 4 },
).chain((groups) => {
  const lengths = groups.flatMap(({ prompt, own }) => own.map((length) => prompt + length));
  const size = lengths.reduce((sum, length) => sum + length, 0);
  const ids = groups.flatMap(({ prompt, own }, group) =>
    own.flatMap((length, branch) =>
      Array.from(
        { length: prompt + length },
        (_, i) => 1000 * group + (i < prompt ? i : 100 * (branch + 1) + i),
      )
    )
  );
  return fc.record({
    lengths: fc.constant(lengths),
    ids: fc.constant(ids),
    scored: fc.array(fc.boolean(), { minLength: size, maxLength: size }),
  });
});

function cut({ lengths, ids, scored }: { lengths: number[]; ids: number[]; scored: boolean[] }) {
  const batch = batchOf(lengths, ids, () => 1);
  return { batch, micros: microBatches(batch, (token) => scored[token], LIMITS) };
}

/** The tokens that the token at `position` sees, itself last, by the mask. */
function seen(micro: MicroBatch, position: number): { ids: number[]; places: number[] } {
  const rotary = {
    // In place of a cosine stands the position itself.
    cosine: Float32Array.from({ length: 400 }, (_, i) => i),
    sine: new Float32Array(400),
  };
  const { mask, cosine } = contextFeeds(micro, rotary, { headSize: 1, maxLength: 400 });
  const begin = Math.floor(position / micro.length) * micro.length;
  const visible = Array.from({ length: micro.length }, (_, i) => i)
    .filter((i) => mask[position * micro.length + i] === 0);
  return {
    ids: visible.map((i) => micro.ids[begin + i]),
    places: visible.map((i) => cosine[begin + i]),
  };
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

Deno.test("each position that is scored sees its own trajectory up to it, each token in its place", () => {
  fc.assert(fc.property(BATCHES, (given) => {
    const { batch, micros } = cut(given);
    for (const micro of micros) {
      micro.tokens.forEach((token, row) => {
        const start = batch.offsets.findLast((offset) => offset <= token)!;
        const { ids, places } = seen(micro, micro.positions[row]);
        assert.deepEqual(ids, [...batch.ids.subarray(start, token)]);
        assert.deepEqual(places, Array.from(ids, (_, i) => i));
        assert.equal(micro.targets[row], batch.ids[token]);
      });
    }
  }));
});

Deno.test("microBatches() keep to the token budget, with at most a tenth of padding", () => {
  fc.assert(fc.property(BATCHES, (given) => {
    for (const { batch, length, ids, rows } of cut(given).micros) {
      assert.equal(ids.length, batch * length);
      assert.ok(batch === 1 || ids.length <= LIMITS.maxTokens);
      assert.ok(batch === 1 || batch * length ** 2 <= LIMITS.maxPairs);
      const used = rows.map(({ shared, branches }) => branches.reduce((a, b) => a + b, shared));
      const longest = Math.max(...used);
      assert.ok(length - longest < 32);
      assert.ok(used.reduce((a, b) => a + b) >= 0.9 * batch * longest);
    }
  }));
});

Deno.test("microBatches() leave out what follows the last scored token", () => {
  const batch = batchOf([90], Array.from({ length: 90 }, (_, i) => i), () => 1);
  const [micro] = microBatches(batch, (token) => token === 20, LIMITS);
  assert.equal(micro.length, 32);
  assert.deepEqual([...micro.targets], [20]);
});

const PROMPT = Array.from({ length: 40 }, (_, i) => i % 20);
const OWN = [[3, 1, 4, 1, 5, 9], [2, 7, 1, 8, 2, 8, 1, 8, 2, 8], [6, 6, 2, 6]];
const IS_OWN = OWN.flatMap((own) => [...PROMPT.map(() => 0), ...own.map(() => 1)]);
const GROUP = batchOf(
  OWN.map((own) => PROMPT.length + own.length),
  OWN.flatMap((own) => [...PROMPT, ...own]),
  (token) => IS_OWN[token],
);

Deno.test("microBatches() put a prompt that trajectories share into a row once", () => {
  const [micro, ...rest] = microBatches(GROUP, (token) => GROUP.actionMask[token] === 1, LIMITS);
  assert.equal(rest.length, 0);
  assert.equal(micro.batch, 1);
  // The last token of a trajectory is scored, and nothing comes after it.
  assert.deepEqual(micro.rows, [{ shared: 40, branches: [5, 9, 3] }]);
});

Deno.test("microBatches() repeat a prompt where attention over one row would cost more", () => {
  const batch = batchOf([40, 40], Array.from({ length: 80 }, (_, i) => i % 40), () => 1);
  const isScored = (token: number) => token % 40 > 4;
  const rowsFor = (pairsPerToken: number) =>
    microBatches(batch, isScored, { ...LIMITS, pairsPerToken }).flatMap(({ rows }) => rows);
  assert.deepEqual(rowsFor(1000), [{ shared: 5, branches: [34, 34] }]);
  assert.deepEqual(rowsFor(0), new Array(2).fill({ shared: 5, branches: [34] }));
});

Deno.test("logprobs and gradients with a shared prompt are those of separate rows", async () => {
  const results = [];
  for (const microBatchTokens of [128, 1]) {
    await using engine = await tinyEngine({ config: tinyConfig(), microBatchTokens });
    const surrogate = weightedLogprobs(
      Float64Array.from(GROUP.actionMask, (mask, token) => mask * Math.sin(token)),
    );
    const logprobs = await engine.logprobs(GROUP);
    const report = await engine.update(GROUP, surrogate, 0);
    results.push({ logprobs, report, state: await engine.state() });
  }
  const [shared, separate] = results;
  shared.logprobs.forEach((logprob, token) =>
    assert.ok(Math.abs(logprob - separate.logprobs[token]) < 1e-4)
  );
  assert.ok(Math.abs(shared.report.loss - separate.report.loss) < 1e-4);
  for (const [name, { data }] of shared.state.tensors) {
    const expected = separate.state.tensors.get(name)!.data;
    const largest = expected.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
    data.forEach((x, i) => assert.ok(Math.abs(x - expected[i]) <= 1e-4 * largest, name));
  }
});
