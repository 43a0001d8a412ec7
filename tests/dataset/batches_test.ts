import assert from "finestep/assert";
import fc from "fast-check";
import { Rng } from "../../src/config/rng.ts";
import { ExampleCursor } from "../../src/dataset/batches.ts";

Deno.test("ExampleCursor.next() gives the shuffled epochs one after the other", () => {
  const epoch = (e: number) => new Rng(3, "batches", e).shuffled([0, 1, 2, 3, 4]);
  const cursor = new ExampleCursor(5, 3);
  assert.deepEqual([...cursor.next(3), ...cursor.next(7)], [...epoch(0), ...epoch(1)]);
  assert.equal(cursor.position, 10);
});

Deno.test("ExampleCursor.next() gives every example once an epoch, in a new order", () => {
  const cursor = new ExampleCursor(50, 1);
  const [first, second] = [cursor.next(50), cursor.next(50)];
  const all = Array.from({ length: 50 }, (_, index) => index);
  assert.deepEqual(first.toSorted((a, b) => a - b), all);
  assert.deepEqual(second.toSorted((a, b) => a - b), all);
  assert.notDeepEqual(first, second);
});

Deno.test("ExampleCursor.at() goes on where another cursor stopped", () => {
  fc.assert(fc.property(
    fc.integer({ min: 1, max: 20 }),
    fc.integer(),
    fc.array(fc.integer({ min: 0, max: 30 }), { maxLength: 5 }),
    (count, seed, batches) => {
      const cursor = new ExampleCursor(count, seed);
      batches.forEach((n) => cursor.next(n));
      const resumed = ExampleCursor.at(count, seed, cursor.position);
      assert.deepEqual(resumed.next(25), cursor.next(25));
    },
  ));
});

Deno.test("ExampleCursor gives another order for another seed", () => {
  assert.notDeepEqual(new ExampleCursor(50, 1).next(50), new ExampleCursor(50, 2).next(50));
});

Deno.test("ExampleCursor refuses counts and positions that cannot be", () => {
  for (const count of [0, -1, 1.5]) {
    assert.throws(() => new ExampleCursor(count, 1), {
      name: "RangeError",
      message:
        `Cannot order examples as their number must be a positive integer: current value is ${count}`,
    });
  }
  assert.throws(() => ExampleCursor.at(3, 1, -1), {
    name: "RangeError",
    message:
      "Cannot resume a cursor as its position must be an integer of 0 or more: current value is -1",
  });
});
