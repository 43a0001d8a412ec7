/**
 * `finestep/assert` of the JSR profile: @std/assert, held to what node:assert/strict means.
 *
 * @module
 */

import * as std from "@std/assert";
import type { Assert, ExpectedError } from "../assert.ts";

const assert: Assert = Object.assign(std.assert.bind(null), {
  ok: std.assert,
  fail: std.fail,
  equal: std.assertStrictEquals,
  notEqual: std.assertNotStrictEquals,
  deepEqual(actual: unknown, expected: unknown, message?: string) {
    std.assertEquals(actual, expected, message);
    std.assertStrictEquals(written(actual), written(expected), message);
  },
  notDeepEqual(actual: unknown, expected: unknown, message?: string) {
    if (std.equal(actual, expected) && written(actual) === written(expected)) {
      throw new std.AssertionError(message ?? `Values are equal: ${written(actual)}`);
    }
  },
  match: std.assertMatch,
  doesNotMatch: std.assertNotMatch,
  throws(run: () => unknown, expected?: ExpectedError, message?: string) {
    check(std.assertThrows(run, message), expected, message);
  },
  async rejects(
    run: Promise<unknown> | (() => Promise<unknown>),
    expected?: ExpectedError,
    message?: string,
  ) {
    const promise = typeof run === "function" ? run : () => run;
    check(await std.assertRejects(promise, message as string), expected, message);
  },
}) as Assert;

export default assert;

/** Shows what @std/assert takes for equal and node does not: -0, holes, and a prototype of null. */
function written(value: unknown): string {
  const all = { depth: Infinity, iterableLimit: Infinity, strAbbreviateSize: Infinity };
  return Deno.inspect(value, { ...all, sorted: true });
}

function check(error: unknown, expected: ExpectedError | undefined, message?: string): void {
  if (expected === undefined) return;
  if (expected instanceof RegExp) std.assertMatch(String(error), expected, message);
  else if (typeof expected !== "function") checkProperties(error, expected, message);
  else if (!isInstance(error, expected)) {
    std.assert(
      !isErrorClass(expected),
      message ?? `Another class of error: ${Deno.inspect(error)}`,
    );
    const says = (expected as (error: unknown) => boolean)(error);
    std.assertStrictEquals(says, true, message ?? `Another error: ${Deno.inspect(error)}`);
  }
}

function checkProperties(
  error: unknown,
  expected: Readonly<Record<string, unknown>>,
  message?: string,
): void {
  const actual = Object(error) as Record<string, unknown>;
  for (const [name, value] of Object.entries(expected)) {
    if (value instanceof RegExp && typeof actual[name] === "string") {
      std.assertMatch(actual[name], value, message);
    } else assert.deepEqual(actual[name], value, message);
  }
}

// deno-lint-ignore ban-types
function isInstance(error: unknown, expected: Function): boolean {
  return expected.prototype !== undefined && error instanceof expected;
}

// deno-lint-ignore ban-types
function isErrorClass(expected: Function): boolean {
  return expected === Error || Object.prototype.isPrototypeOf.call(Error, expected);
}
