import assert from "finestep/assert";
import fc from "fast-check";
import type { Example } from "../../src/dataset/example.ts";
import { selected, type Selection } from "../../src/dataset/selection.ts";

const ALL: Selection = { filter: "", sample: 0, seed: 1, limit: 0 };

const EXAMPLES = Array.from({ length: 60 }, (_, n) =>
  ({
    id: String(n),
    difficulty: (["simple", "moderate", "challenging", null] as const)[n % 4],
    database: { id: n < 30 ? "shop" : "zoo" },
  }) as Example);

const ids = (changes: Partial<Selection>, examples = EXAMPLES) =>
  selected(examples, { ...ALL, ...changes }).map(({ id }) => Number(id));

Deno.test("selected() takes all questions by default", () => {
  assert.deepEqual(ids({}), EXAMPLES.map(({ id }) => Number(id)));
});

Deno.test("selected() joins the parts of a filter by and, the values of a part by or", () => {
  assert.deepEqual(ids({ filter: "database=zoo,difficulty=simple|unrated", limit: 4 }), [
    31,
    32,
    35,
    36,
  ]);
});

Deno.test("selected() draws as many as it is told to, in the order of the data set", () => {
  fc.assert(fc.property(fc.integer({ min: 1, max: 60 }), fc.integer(), (sample, seed) => {
    const drawn = ids({ sample, seed });
    assert.equal(drawn.length, sample);
    assert.deepEqual(drawn, [...new Set(drawn)].sort((a, b) => a - b));
  }));
});

Deno.test("selected() draws a larger sample that holds the smaller one", () => {
  fc.assert(fc.property(fc.integer({ min: 1, max: 59 }), fc.integer(), (sample, seed) => {
    const larger = new Set(ids({ sample: sample + 1, seed }));
    assert(new Set(ids({ sample, seed })).isSubsetOf(larger));
  }));
});

Deno.test("selected() draws other questions by another seed, each about as often", () => {
  const times = new Array(EXAMPLES.length).fill(0);
  for (let seed = 0; seed < 2000; seed++) ids({ sample: 15, seed }).forEach((id) => times[id]++);
  // 500 expected each; the standard deviation is 19.4.
  assert(times.every((count) => Math.abs(count - 500) < 100), String(times));
});

for (
  const [filter, message] of [
    ["colour=red", /field of difficulty, database, id: it is "colour=red"$/],
    ["difficulty", /must be field=value .*: it is "difficulty"$/],
    ["database=farm", /one of 60 must match: filter is "database=farm"$/],
    ["toString=1", /field of difficulty, database, id: it is "toString=1"$/],
  ] as const
) {
  Deno.test(`selected() refuses the filter ${filter}`, () => {
    assert.throws(() => ids({ filter }), { name: "RangeError", message });
  });
}
