/**
 * What the assertions of finestep/assert let pass in either profile: each is a row of what passes and
 * what does not, looked at from outside, as an assertion cannot vouch for itself.
 *
 * @module
 */

import assert from "finestep/assert";

class Point {
  constructor(readonly x: number) {}
}

class Other {
  constructor(readonly x: number) {}
}

const bare = (entries: Record<string, unknown>) => Object.assign(Object.create(null), entries);
const cycle = () => {
  const node: Record<string, unknown> = { name: "a" };
  return Object.assign(node, { node });
};

for (
  const [what, a, b] of [
    ["texts", "a", "a"],
    ["NaN", NaN, NaN],
    ["bigints", 2n ** 70n, 2n ** 70n],
    ["lists", [1, [2, "3"]], [1, [2, "3"]]],
    ["objects whatever the order of their keys", { a: 1, b: { c: 2 } }, { b: { c: 2 }, a: 1 }],
    ["undefined properties", { a: undefined }, { a: undefined }],
    ["objects without a prototype", bare({ a: 1 }), bare({ a: 1 })],
    ["typed arrays", Float32Array.of(1, NaN), Float32Array.of(1, NaN)],
    ["large typed arrays", new Float64Array(1000).fill(0.1), new Float64Array(1000).fill(0.1)],
    ["views at different places", new Uint8Array([0, 1]).subarray(1), new Uint8Array([1])],
    ["buffers", new Uint8Array([1]).buffer, new Uint8Array([1]).buffer],
    ["maps in any order", new Map([["a", 1], ["b", 2]]), new Map([["b", 2], ["a", 1]])],
    ["sets in any order", new Set(["a", "b"]), new Set(["b", "a"])],
    ["sets of objects", new Set([{ a: 1 }, { a: 2 }]), new Set([{ a: 2 }, { a: 1 }])],
    ["dates", new Date(5), new Date(5)],
    ["objects of a class", new Point(1), new Point(1)],
    ["patterns", /a/g, /a/g],
    ["holes", [1, , 3], [1, , 3]],
    ["what holds itself", cycle(), cycle()],
  ] as const
) {
  Deno.test(`deepEqual() takes ${what} for equal`, () => {
    mustPass(() => assert.deepEqual<unknown>(a, b));
    mustFail(() => assert.notDeepEqual(a, b));
  });
}

for (
  const [what, a, b] of [
    ["texts", "a", "b"],
    ["1 and true", 1, true],
    ["1 and '1'", 1, "1"],
    ["1 and 1n", 1, 1n],
    ["null and undefined", null, undefined],
    ["0 and -0", 0, -0],
    ["0 and -0 in a list", [0], [-0]],
    ["0 and -0 in typed arrays", Float64Array.of(0), Float64Array.of(-0)],
    ["lists of another length", [1], [1, undefined]],
    ["a list and an object", [1], { 0: 1 }],
    ["an undefined property and none", { a: undefined }, {}],
    ["objects with other keys", { a: undefined }, { b: undefined }],
    ["numbers and bytes", [1], Uint8Array.of(1)],
    ["typed arrays of another type", Float32Array.of(1), Float64Array.of(1)],
    ["a prototype and none", {}, bare({})],
    ["a prototype and none inside", { a: {} }, { a: bare({}) }],
    ["classes", new Point(1), new Other(1)],
    ["a class and an object", new Point(1), { x: 1 }],
    ["maps", new Map([["a", 1]]), new Map([["a", 2]])],
    ["sets of objects", new Set([{ a: 1 }]), new Set([{ a: 2 }])],
    ["dates", new Date(5), new Date(6)],
    ["patterns with other flags", /a/, /a/g],
    ["a hole and undefined", [1, , 3], [1, undefined, 3]],
    ["keys that are symbols", { [Symbol.iterator]: 1 }, { [Symbol.iterator]: 2 }],
    ["a late element", [...Array(500).keys(), 1], [...Array(500).keys(), 2]],
    ["a deep one", { a: { b: { c: { d: { e: { f: 0 } } } } } }, {
      a: { b: { c: { d: { e: { f: -0 } } } } },
    }],
    ["a late -0", [...Array(500).keys(), 0], [...Array(500).keys(), -0]],
  ] as const
) {
  Deno.test(`deepEqual() tells apart ${what}`, () => {
    mustFail(() => assert.deepEqual<unknown>(a, b));
    mustPass(() => assert.notDeepEqual(a, b));
  });
}

Deno.test("equal() compares by Object.is", () => {
  const list = [1];
  for (const [a, b] of [[1, 1], [NaN, NaN], [list, list]]) {
    mustPass(() => assert.equal<unknown>(a, b));
    mustFail(() => assert.notEqual(a, b));
  }
  for (const [a, b] of [[0, -0], [1, "1"], [[1], [1]], [null, undefined]]) {
    mustFail(() => assert.equal<unknown>(a, b));
    mustPass(() => assert.notEqual(a, b));
  }
});

Deno.test("assert() and ok() take what is truthy", () => {
  for (const value of [true, 1, "0", [], {}]) {
    mustPass(() => assert(value));
    mustPass(() => assert.ok(value));
  }
  for (const value of [false, 0, "", null, undefined, NaN, 0n]) {
    mustFail(() => assert(value));
    mustFail(() => assert.ok(value));
  }
});

Deno.test("match() and doesNotMatch() search a text for a pattern", () => {
  mustPass(() => assert.match("abc", /b/));
  mustFail(() => assert.match("abc", /^b/));
  mustPass(() => assert.doesNotMatch("abc", /^b/));
  mustFail(() => assert.doesNotMatch("abc", /b/));
});

Deno.test("fail() fails, with its message", () => {
  assertMessage(() => assert.fail("never here"), "never here");
});

Deno.test("assertions say the message that they are given", () => {
  assertMessage(() => assert(false, "why"), "why");
  assertMessage(() => assert.equal(1, 2 as number, "why"), "why");
  assertMessage(() => assert.deepEqual([1], [2], "why"), "why");
  assertMessage(() => assert.notDeepEqual([1], [1], "why"), "why");
  assertMessage(() => assert.match("a", /b/, "why"), "why");
  assertMessage(() => assert.throws(() => {}, RangeError, "why"), "why");
});

const ERROR = Object.assign(new RangeError("Cannot go: it is 7"), { code: 7, list: [1] });

for (
  const [what, expected] of [
    ["nothing more", undefined],
    ["its class", RangeError],
    ["a class above it", Error],
    ["a pattern of name and message", /^RangeError: Cannot .* 7$/],
    ["a function", (error: RangeError) => error.message.includes("7")],
    ["its name and message", { name: "RangeError", message: "Cannot go: it is 7" }],
    ["a pattern of its message", { message: /it is \d$/ }],
    ["properties, deeply", { code: 7, list: [1] }],
  ] as const
) {
  Deno.test(`throws() and rejects() let pass an error by ${what}`, async () => {
    mustPass(() => assert.throws(() => thrown(ERROR), expected));
    await assert.rejects(Promise.reject(ERROR), expected);
    await assert.rejects(() => Promise.reject(ERROR), expected);
  });
}

for (
  const [what, expected] of [
    ["another class", TypeError],
    ["another pattern", /^TypeError/],
    ["a function that says no", () => false],
    // deno-lint-ignore no-explicit-any
    ["a function that does not say true", (() => 1) as any],
    ["another name", { name: "TypeError" }],
    ["a part of its message", { message: "Cannot go" }],
    ["a property that it has not", { cause: 7 }],
    ["properties that differ deeply", { list: [2] }],
  ] as const
) {
  Deno.test(`throws() and rejects() refuse an error by ${what}`, async () => {
    mustFail(() => assert.throws(() => thrown(ERROR), expected));
    await mustReject(assert.rejects(Promise.reject(ERROR), expected));
  });
}

Deno.test("throws() and rejects() refuse what goes well", async () => {
  mustFail(() => assert.throws(() => 1));
  mustFail(() => assert.throws(() => {}, RangeError));
  await mustReject(assert.rejects(Promise.resolve(1)));
  await mustReject(assert.rejects(() => Promise.resolve(1), RangeError));
});

Deno.test("throws() takes what is no error", () => {
  mustPass(() => assert.throws(() => thrown("text"), /^text$/));
});

function thrown(error: unknown): never {
  throw error;
}

function mustPass(assertion: () => void): void {
  assertion();
}

/** Not by the assertions that are examined. */
function mustFail(assertion: () => void): void {
  if (failureOf(assertion) === undefined) throw new Error("It passed, and should not have");
}

async function mustReject(assertion: Promise<void>): Promise<void> {
  const error = await assertion.then(() => undefined, (error) => error);
  if (error === undefined) throw new Error("It passed, and should not have");
}

function assertMessage(assertion: () => void, message: string): void {
  const { name, message: said } = failureOf(assertion) as Error;
  if (name !== "AssertionError" || !said.includes(message)) throw new Error(`${name}: ${said}`);
}

function failureOf(assertion: () => void): unknown {
  try {
    assertion();
    return undefined;
  } catch (error) {
    return error;
  }
}
