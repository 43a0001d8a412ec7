/**
 * The values of declared options: a standard setting with checked changes.
 *
 * @module
 */

import { checkValue, defaults, type Option, type Options, type Values } from "./option.ts";

/**
 * The standard setting with `changes` in their place; a change to `undefined` is none.
 *
 * @example One option changed
 * ```ts
 * import assert from "node:assert/strict";
 * import { option } from "./option.ts";
 * import { optionValues } from "./option_values.ts";
 *
 * const options = { gamma: option(0.9, "discount per step", "ours", { range: [0, 1] }) };
 * assert.deepEqual(optionValues(options, { gamma: 1 }, "credit"), { gamma: 1 });
 * assert.throws(() => optionValues(options, { gama: 1 }, "credit"), RangeError);
 * ```
 *
 * @param owner What the options are of, for messages.
 * @param standard The setting to change, all defaults if not given.
 * @throws {RangeError} If a name is unknown, or a value is outside its range or choices.
 * @throws {TypeError} If a value is of another type than the default.
 */
export function optionValues<O extends Options>(
  options: O,
  changes: Readonly<Record<string, unknown>>,
  owner: string,
  standard: Values<O> = defaults(options),
): Values<O> {
  const given = Object.entries(changes).filter(([, value]) => value !== undefined);
  for (const [name, value] of given) {
    if (!Object.hasOwn(options, name)) {
      const known = Object.keys(options).join(", ") || "none";
      throw new RangeError(
        `Cannot set "${name}" as it is not an option of ${owner}: those are ${known}`,
      );
    }
    checkType(name, options[name], value);
    checkValue(name, options[name], value);
  }
  return { ...standard, ...Object.fromEntries(given) };
}

function checkType(name: string, { default: standard }: Option<unknown>, value: unknown): void {
  if (typeof value === typeof standard) return;
  throw new TypeError(
    `Cannot set "${name}" as it must be a ${typeof standard}: current value is ${
      JSON.stringify(value)
    }`,
  );
}
