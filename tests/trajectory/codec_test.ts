import assert from "finestep/assert";
import fc from "fast-check";
import type { SqlResult, SqlValue } from "../../src/sandbox/result_set.ts";
import { decodeEpisode, encodeEpisode, EPISODE_VERSION } from "../../src/trajectory/codec.ts";
import type { Action, Episode, Step, Tokens } from "../../src/trajectory/episode.ts";

const cell: fc.Arbitrary<SqlValue> = fc.oneof(
  fc.constant(null),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.double({ noNaN: true }),
  fc.string({ unit: "binary" }),
  fc.uint8Array({ maxLength: 8 }),
);

const result: fc.Arbitrary<SqlResult> = fc.oneof(
  fc.record({
    kind: fc.constant("rows" as const),
    columns: fc.array(fc.string(), { maxLength: 3 }),
    rows: fc.array(fc.array(cell, { maxLength: 3 }), { maxLength: 3 }),
    truncated: fc.boolean(),
    invalidText: fc.constant(true as const),
    elapsedMs: fc.nat(),
  }, { requiredKeys: ["kind", "columns", "rows", "truncated", "elapsedMs"] }),
  fc.record({
    kind: fc.constantFrom("error", "refused", "timeout", "too_large", "crashed"),
    message: fc.string(),
    elapsedMs: fc.nat(),
  }),
);

const action: fc.Arbitrary<Action> = fc.oneof(
  fc.record({
    kind: fc.constant("toolCall" as const),
    reasoning: fc.string(),
    tool: fc.string(),
    arguments: fc.dictionary(fc.string(), fc.jsonValue().filter(survivesJson)),
    sql: fc.string(),
  }),
  fc.record({ kind: fc.constant("answer" as const), reasoning: fc.string(), sql: fc.string() }),
  fc.record({
    kind: fc.constant("violation" as const),
    violation: fc.constantFrom("bad_json", "no_action"),
    detail: fc.string(),
  }),
);

const step: fc.Arbitrary<Step> = fc.record({
  text: fc.string({ unit: "binary" }),
  action,
  result: fc.option(result),
  observation: fc.option(fc.string()),
});

const tokens: fc.Arbitrary<Tokens> = fc.nat({ max: 20 }).chain((n) => {
  const length = { minLength: n, maxLength: n };
  return fc.record({
    ids: fc.int32Array(length),
    actionMask: fc.uint8Array({ ...length, max: 1 }),
    stepOf: fc.int16Array({ ...length, min: -1 }),
    sampledLogprobs: fc.float32Array(length),
  });
});

const episode: fc.Arbitrary<Episode> = fc.record({
  exampleId: fc.string(),
  databaseId: fc.string(),
  seed: fc.nat(),
  policy: fc.string(),
  prompt: fc.array(
    fc.record({ role: fc.constantFrom("system", "user"), content: fc.string() }),
    { maxLength: 2 },
  ),
  steps: fc.array(step, { maxLength: 3 }),
  stopReason: fc.constantFrom("answer", "turn_limit", "context_limit", "no_prediction"),
  finalSql: fc.option(fc.string()),
  finalResult: fc.option(result),
  goldSql: fc.string(),
  goldResult: result,
  tokens: fc.option(tokens),
  timings: fc.record({ totalMs: fc.nat(), sqlMs: fc.nat() }),
  // Cloned, as fast-check makes objects without a prototype.
}).map((value) => structuredClone(value));

/** Arguments were parsed from JSON, so they hold nothing that JSON does not keep, such as -0. */
function survivesJson(value: unknown): boolean {
  try {
    assert.deepEqual(JSON.parse(JSON.stringify(value)), structuredClone(value));
    return true;
  } catch {
    return false;
  }
}

Deno.test("decodeEpisode() gives back what encodeEpisode() was given, on one line", () => {
  fc.assert(fc.property(episode, (given) => {
    const line = encodeEpisode(given);
    assert(!line.includes("\n"));
    assert.deepEqual(decodeEpisode(line), given);
  }));
});

Deno.test("encodeEpisode() keeps INTEGER 1 and REAL 1 apart", () => {
  const cells = [1n, 1, -0, Infinity, -Infinity, 9007199254740993n];
  assert.deepEqual(cellsAfterRoundTrip(cells), cells);
});

Deno.test("encodeEpisode() writes the part of a buffer that a token array covers", () => {
  const buffer = new Int32Array([7, 8, 9]);
  const one = {
    ids: buffer.subarray(1, 2),
    actionMask: new Uint8Array(1),
    stepOf: new Int16Array(1),
    sampledLogprobs: new Float32Array(1),
  };
  const decoded = decodeEpisode(encodeEpisode({ ...anEpisode(), tokens: one }));
  assert.deepEqual(decoded.tokens?.ids, Int32Array.of(8));
});

Deno.test("decodeEpisode() refuses a line of a newer version", () => {
  const line = JSON.stringify({ ...anEpisode(), version: EPISODE_VERSION + 1 });
  assert.throws(() => decodeEpisode(line), {
    name: "SyntaxError",
    message: /line is of version 2: this program reads up to 1/,
  });
});

Deno.test("decodeEpisode() refuses a line that is no episode", () => {
  for (const line of ["null", "3", "{}", '{"version":1}', "{"]) {
    assert.throws(() => decodeEpisode(line), SyntaxError, line);
  }
});

Deno.test("decodeEpisode() refuses token arrays of different lengths", () => {
  const uneven = {
    ids: new Int32Array(2),
    actionMask: new Uint8Array(1),
    stepOf: new Int16Array(2),
    sampledLogprobs: new Float32Array(2),
  };
  const line = encodeEpisode({ ...anEpisode(), tokens: uneven });
  assert.throws(() => decodeEpisode(line), /token arrays differ in length: 2, 1, 2, 2/);
});

function anEpisode(): Episode {
  return fc.sample(episode, { numRuns: 1, seed: 1 })[0];
}

function cellsAfterRoundTrip(row: SqlValue[]): readonly SqlValue[] {
  const goldResult = {
    kind: "rows",
    columns: [],
    rows: [row],
    truncated: false,
    elapsedMs: 0,
  } as const;
  const decoded = decodeEpisode(encodeEpisode({ ...anEpisode(), goldResult })).goldResult;
  return decoded.kind === "rows" ? decoded.rows[0] : [];
}
