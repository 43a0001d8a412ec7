/**
 * Options are declared once: name, default and help; the type, the command-line flag and the
 * documents' tables are made from the declaration.
 *
 * @module
 */

/** Where a choice comes from, printed with its help (see docs/method.md). */
export type Origin =
  | "paper"
  | "appendix"
  | "summary"
  | "reconstructed"
  | "neighbour"
  | "ours";

/** One option: its default, what it does, what values it takes and who chose it. */
export interface Option<T> {
  readonly default: T;
  readonly help: string;
  readonly origin: Origin;
  /** The values allowed, when they are few. */
  readonly choices?: readonly T[];
  /** Inclusive bounds of a number. */
  readonly range?: readonly [number, number];
  /** Whether a number must be whole. */
  readonly isInteger?: boolean;
  /** What a text names the path of. */
  readonly path?: "file" | "folder";
}

/** Options by name. */
// deno-lint-ignore no-explicit-any
export type Options = Readonly<Record<string, Option<any>>>;

/** The values of declared options: `{ gamma: number, ... }`. */
export type Values<O extends Options> = {
  [K in keyof O]: O[K] extends Option<infer T> ? T : never;
};

/** Widens a literal default (`0.5`, `true`) to its type; string choices stay a union. */
type Widened<T> = T extends number ? number : T extends boolean ? boolean : T;

/**
 * Declares a number, boolean or free-text option. A number whose default is whole takes whole numbers
 * only; {@linkcode real} declares one that does not.
 *
 * @example A numeric option
 * ```ts
 * import assert from "node:assert/strict";
 * import { option } from "./option.ts";
 *
 * const gamma = option(0.9, "discount per step", "reconstructed", { range: [0, 1] });
 * assert.equal(gamma.default, 0.9);
 * ```
 */
export function option<T extends number | boolean>(
  value: T,
  help: string,
  origin: Origin,
  limits?: { range: readonly [number, number] },
): Option<Widened<T>>;
export function option(value: string, help: string, origin: Origin): Option<string>;
export function option(
  value: unknown,
  help: string,
  origin: Origin,
  limits: { range?: readonly [number, number] } = {},
): Option<unknown> {
  return { default: value, help, origin, ...limits, isInteger: Number.isInteger(value) };
}

/** Declares a number that need not be whole though its default is. */
export function real(
  value: number,
  help: string,
  origin: Origin,
  limits?: { range: readonly [number, number] },
): Option<number> {
  return { ...option(value, help, origin, limits), isInteger: false };
}

/** Declares an option with a few named values; the first one is not special, `value` is the default. */
export function choice<const T extends string>(
  value: T,
  choices: readonly T[],
  help: string,
  origin: Origin,
): Option<T> {
  return { default: value, help, origin, choices };
}

/** Declares the path of a file. */
export function file(value: string, help: string, origin: Origin): Option<string> {
  return { ...option(value, help, origin), path: "file" };
}

/** Declares the path of a folder. */
export function folder(value: string, help: string, origin: Origin): Option<string> {
  return { ...option(value, help, origin), path: "folder" };
}

/** The defaults of declared options. */
export function defaults<O extends Options>(options: O): Values<O> {
  return Object.fromEntries(
    Object.entries(options).map(([name, { default: value }]) => [name, value]),
  ) as Values<O>;
}

/**
 * Refuses a value that an option does not allow.
 *
 * @throws {RangeError} If the value is not among the choices, not whole, outside the range, or no path.
 */
export function checkValue<T>(name: string, option: Option<T>, value: T): void {
  if (option.choices && !option.choices.includes(value)) {
    throw new RangeError(
      `Cannot set "${name}" as it must be one of ${
        option.choices.join(", ")
      }: current value is ${value}`,
    );
  }
  if (option.path && value === "" && option.default !== "") {
    throw new RangeError(`Cannot set "${name}" as it must be a path: it is empty`);
  }
  if (option.isInteger && !Number.isInteger(value)) {
    throw new RangeError(
      `Cannot set "${name}" as it must be a whole number: current value is ${value}`,
    );
  }
  if (option.range && !(Number(value) >= option.range[0] && Number(value) <= option.range[1])) {
    throw new RangeError(
      `Cannot set "${name}" as it must be in [${
        option.range.join(", ")
      }]: current value is ${value}`,
    );
  }
}
