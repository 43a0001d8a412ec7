/**
 * The file that a tree is compared with (`results/gate.json`): what an evaluation found, attempt by
 * attempt, under what, on which machine, and what frozen trajectories scored.
 *
 * @module
 */

import { z } from "zod";
import { newerForm } from "../config/form.ts";
import { type AttemptResult, COLUMNS, type Exams } from "./attempt.ts";
import type { FrozenValues } from "./frozen.ts";

const SCHEMA = "finestep.gate/1";

/** The machine, as far as floating point depends on it. */
export interface Machine {
  readonly cpu: string;
  readonly os: string;
  /** How it rounds: processors of one name may differ (`arithmeticSha256()`). */
  readonly arithmetic: string;
  readonly onnxruntime: string;
  readonly deno: string;
  /** Of a matrix product: more of them round otherwise. */
  readonly threads: number;
}

/** What a tree was found to do. */
export interface Baseline {
  /** The command that recorded it. */
  readonly command: string;
  /** The commit that it was recorded at, with `+` where files differed; null outside a checkout. */
  readonly commit: string | null;
  readonly machine: Machine;
  /** All that results depend on but the code: data, policy, prompts, limits, seed. */
  readonly identity: Readonly<Record<string, unknown>>;
  readonly attempts: Exams;
  /** `resultHash()` of each exam. */
  readonly hashes: Exams<string>;
  readonly frozen: FrozenValues;
}

const COUNT = z.int().nonnegative();
const BIT = z.union([z.literal(0), z.literal(1)]);
const ROW = z.tuple([
  ...[z.string(), z.string(), COUNT, BIT, BIT] as const,
  ...[COUNT, COUNT, COUNT, COUNT, COUNT, z.string()] as const,
]);
const exams = <T extends z.ZodType>(each: T) => z.strictObject({ greedy: each, sampled: each });

const FILE = z.strictObject({
  schema: z.literal(SCHEMA),
  command: z.string(),
  commit: z.string().nullable(),
  machine: z.strictObject({
    cpu: z.string(),
    os: z.string(),
    arithmetic: z.string(),
    onnxruntime: z.string(),
    deno: z.string(),
    threads: COUNT,
  }),
  identity: z.record(z.string(), z.json()),
  columns: z.tuple(COLUMNS.map((name) => z.literal(name)) as [z.ZodLiteral, ...z.ZodLiteral[]]),
  attempts: exams(z.array(ROW)),
  hashes: exams(z.string().regex(/^[0-9a-f]{64}$/)),
  frozen: z.record(z.string(), z.record(z.string(), z.json())),
});

/**
 * Reads a baseline.
 *
 * @param path Named in errors.
 * @throws {SyntaxError} If the text is no baseline, or one of another version.
 */
export function parseBaseline(text: string, path: string): Baseline {
  const { schema: _, columns: __, attempts, ...rest } = parsedFile(text, path);
  const { greedy, sampled } = attempts;
  return { ...rest, attempts: { greedy: greedy.map(ofRow), sampled: sampled.map(ofRow) } };
}

function parsedFile(text: string, path: string): z.infer<typeof FILE> {
  const refuse = (what: string) => {
    throw new SyntaxError(`Cannot read baseline ${path} as ${what}`);
  };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return refuse(`it must be JSON: ${(error as Error).message}`);
  }
  const newer = newerForm(Object(value).schema, SCHEMA);
  if (newer) return refuse(newer);
  const { success, data, error } = FILE.safeParse(value);
  if (success) return data;
  const [{ path: place, message }] = error.issues;
  return refuse(`"${place.join(".")}" is wrong: ${message}`);
}

/** The baseline as its file has it: keys sorted, an attempt a line. */
export function baselineText(baseline: Baseline): string {
  const { greedy, sampled } = baseline.attempts;
  const attempts = { greedy: greedy.map(rowOf), sampled: sampled.map(rowOf) };
  return sortedJson({ ...baseline, schema: SCHEMA, columns: COLUMNS, attempts }) + "\n";
}

function rowOf(attempt: AttemptResult): z.infer<typeof ROW> {
  const { exampleId, databaseId, seed, right, strictlyRight, calls, redundant } = attempt;
  const { failed, messages, violations, digest } = attempt;
  return [
    ...[exampleId, databaseId, seed, right as 0 | 1, strictlyRight as 0 | 1] as const,
    ...[calls, redundant, failed, messages, violations, digest] as const,
  ];
}

function ofRow(row: z.infer<typeof ROW>): AttemptResult {
  const [exampleId, databaseId, seed, right, strictlyRight, ...counts] = row;
  const [calls, redundant, failed, messages, violations, digest] = counts;
  return {
    ...{ exampleId, databaseId, seed, right, strictlyRight },
    ...{ calls, redundant, failed, messages, violations, digest },
  };
}

const LINE_WIDTH = 100;

/**
 * JSON with sorted keys in which what fits on a line is on one, so that a change of one attempt is a
 * change of one line.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { sortedJson } from "./baseline.ts";
 *
 * assert.equal(sortedJson({ b: [1, 2], a: null }), '{"a":null,"b":[1,2]}');
 * ```
 */
export function sortedJson(value: unknown, indent = ""): string {
  const text = JSON.stringify(value, withSortedKeys);
  if (indent.length + text.length <= LINE_WIDTH) return text;
  if (typeof value !== "object" || value === null) return text;
  const inner = indent + " ";
  const [open, close] = Array.isArray(value) ? "[]" : "{}";
  const parts = Array.isArray(value)
    ? value.map((item) => inner + sortedJson(item, inner))
    : sortedEntries(value).map(([key, item]) =>
      `${inner}${JSON.stringify(key)}: ${sortedJson(item, inner)}`
    );
  return [open, parts.join(",\n"), indent + close].join("\n");
}

function withSortedKeys(_key: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(sortedEntries(value));
}

function sortedEntries(value: object): [string, unknown][] {
  return Object.entries(value).filter(([, item]) => item !== undefined)
    .sort(([a], [b]) => a < b ? -1 : 1);
}
