import assert from "finestep/assert";
import { inOrder } from "../../src/env/in_order.ts";

/** Work that is done when the test says so. */
function controlled(count: number) {
  const gates = Array.from({ length: count }, () => Promise.withResolvers<number>());
  const begun: number[] = [];
  const work = (item: number) => {
    begun.push(item);
    return gates[item].promise;
  };
  return { items: [...gates.keys()], gates, begun, work };
}

/** Lets everything happen that needs no outside event. */
const settled = () => new Promise((resolve) => setTimeout(resolve));

Deno.test("inOrder() yields in the items' order whatever ends first", async () => {
  const { items, gates, work } = controlled(3);
  const results = Array.fromAsync(inOrder(items, 3, work));
  for (const item of [2, 0, 1]) gates[item].resolve(item * 10);
  assert.deepEqual(await results, [0, 10, 20]);
});

Deno.test("inOrder() begins the next item when any ends, and never more than the limit", async () => {
  const { items, gates, begun, work } = controlled(4);
  const results = Array.fromAsync(inOrder(items, 2, work));
  await settled();
  assert.deepEqual(begun, [0, 1]);
  gates[1].resolve(1);
  await settled();
  assert.deepEqual(begun, [0, 1, 2]);
  for (const { resolve } of gates) resolve(0);
  assert.equal((await results).length, 4);
});

Deno.test("inOrder() throws at the item that failed, after those before it", async () => {
  const { items, gates, work } = controlled(3);
  const results = inOrder(items, 3, work);
  const first = results.next();
  gates[1].reject(new Error("broken"));
  gates[0].resolve(7);
  gates[2].resolve(0);
  assert.deepEqual(await first, { done: false, value: 7 });
  await assert.rejects(results.next(), { message: "broken" });
});

Deno.test("inOrder() passes on what work throws before it waits", async () => {
  const results = inOrder([1], 1, () => {
    throw new Error("at once");
  });
  await assert.rejects(results.next(), { message: "at once" });
});

Deno.test("inOrder() begins nothing more when its reader stops, and waits for what runs", async () => {
  const { items, gates, begun, work } = controlled(4);
  const results = inOrder(items, 2, work);
  gates[0].resolve(0);
  await results.next();
  await settled();
  let isReturned = false;
  const returned = results.return(undefined).then(() => isReturned = true);
  await settled();
  assert.equal(isReturned, false);
  for (const { resolve } of gates) resolve(0);
  await returned;
  assert.deepEqual(begun, [0, 1, 2]);
});

Deno.test("inOrder() yields nothing for no items", async () => {
  assert.deepEqual(await Array.fromAsync(inOrder([], 8, () => Promise.resolve(1))), []);
});

Deno.test("inOrder() refuses a limit below 1", async () => {
  const results = inOrder([1], 0, () => Promise.resolve(1));
  await assert.rejects(results.next(), {
    name: "RangeError",
    message: /^Cannot run side by side as/,
  });
});
