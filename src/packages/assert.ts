/**
 * The assertions of the tests, with the meaning that they have in node:assert/strict. Tests import
 * `finestep/assert`, which the import map points at one of two implementations.
 *
 * @module
 */

/**
 * What a thrown error must be: a pattern of its text (`Name: message`), its class, a function that
 * says true, or properties that are deeply equal, texts given as patterns matching.
 */
export type ExpectedError =
  | RegExp
  // deno-lint-ignore no-explicit-any
  | (abstract new (...args: any[]) => object)
  // deno-lint-ignore no-explicit-any
  | ((error: any) => boolean)
  | Readonly<Record<string, unknown>>;

/** Each throws an `AssertionError`, with the message where one is given, unless what it says is so. */
export interface Assert {
  /** The value is truthy. */
  (value: unknown, message?: string): asserts value;
  /** The value is truthy. */
  ok(value: unknown, message?: string): asserts value;
  /** The test should not have come here. */
  fail(message?: string): never;
  /** One value by `Object.is`: NaN is NaN, and 0 is not -0. */
  equal<T>(actual: unknown, expected: T, message?: string): asserts actual is T;
  notEqual(actual: unknown, expected: unknown, message?: string): void;
  /**
   * One structure with the same values: primitives by `Object.is`; the same prototypes, so the class
   * counts; own enumerable properties, so one that is undefined is not one that is missing; typed
   * arrays by element; maps and sets in any order. For data: errors are examined by `throws()`.
   */
  deepEqual<T>(actual: unknown, expected: T, message?: string): asserts actual is T;
  notDeepEqual(actual: unknown, expected: unknown, message?: string): void;
  match(text: string, pattern: RegExp, message?: string): void;
  doesNotMatch(text: string, pattern: RegExp, message?: string): void;
  /** The function throws, and what is expected where it is given. */
  throws(run: () => unknown, expected?: ExpectedError, message?: string): void;
  /** The promise, or what the function gives, is rejected, and with what is expected. */
  rejects(
    run: Promise<unknown> | (() => Promise<unknown>),
    expected?: ExpectedError,
    message?: string,
  ): Promise<void>;
}
