/**
 * Episodes as JSON lines, so that they can be stored, moved and read back exactly: integers of any
 * size, blobs, infinities and the bits of every logprob survive.
 *
 * A cell is written as JSON where JSON can tell it: NULL, TEXT and safe INTEGERs as themselves, the
 * rest as `{"int": "…"}`, `{"real": …}` or `{"blob": base64}`. Token arrays are base64 of their
 * little-endian bytes.
 *
 * @module
 */

import type { SqlFailure, SqlResult, SqlRows, SqlValue } from "../sandbox/result_set.ts";
import type { Episode, Step, Tokens } from "./episode.ts";

/** Version of the line's format; it grows when an older reader would misread a line. */
export const EPISODE_VERSION = 1;

type CellCode =
  | null
  | string
  | number
  | { readonly int: string }
  | { readonly real: number | string }
  | { readonly blob: string };

type ResultCode =
  | SqlFailure
  | Omit<SqlRows, "rows"> & { readonly rows: readonly (readonly CellCode[])[] };

type TokensCode = { readonly [K in keyof Tokens]: string };

type StepCode = Omit<Step, "result"> & { readonly result: ResultCode | null };

/** An episode with its results and tokens in a form that JSON can hold. */
type EpisodeCode = Omit<Episode, "steps" | "finalResult" | "goldResult" | "tokens"> & {
  readonly steps: readonly StepCode[];
  readonly finalResult: ResultCode | null;
  readonly goldResult: ResultCode;
  readonly tokens: TokensCode | null;
};

/**
 * One line of JSON, without its newline, that `decodeEpisode` turns back into an equal episode.
 *
 * @example There and back
 * ```ts
 * import assert from "node:assert/strict";
 * import { decodeEpisode, encodeEpisode } from "./codec.ts";
 * import type { Episode } from "./episode.ts";
 *
 * const rows = [[9007199254740993n, 1, "a", null, Uint8Array.of(255)]];
 * const result = { kind: "rows", columns: ["c"], rows, truncated: false, elapsedMs: 1 } as const;
 * const episode: Episode = {
 *   exampleId: "7",
 *   databaseId: "shop",
 *   seed: 1,
 *   policy: "scripted",
 *   prompt: [{ role: "user", content: "How many?" }],
 *   steps: [],
 *   stopReason: "no_prediction",
 *   finalSql: null,
 *   finalResult: null,
 *   goldSql: "SELECT 1",
 *   goldResult: result,
 *   tokens: null,
 *   timings: { totalMs: 2, sqlMs: 1 },
 * };
 * assert.deepEqual(decodeEpisode(encodeEpisode(episode)), episode);
 * ```
 *
 * @param about Further fields of the line, for those who read them.
 */
export function encodeEpisode(episode: Episode, about: object = {}): string {
  const code: EpisodeCode = {
    ...episode,
    steps: episode.steps.map((step) => ({ ...step, result: encoded(step.result) })),
    finalResult: encoded(episode.finalResult),
    goldResult: encodedResult(episode.goldResult),
    tokens: encodedTokens(episode.tokens),
  };
  return JSON.stringify({ version: EPISODE_VERSION, ...about, ...code });
}

/**
 * The episode that a line holds.
 *
 * @throws {SyntaxError} If the line is not a line of this format, or is of a newer version.
 */
export function decodeEpisode(line: string): Episode {
  const code = parsedLine(line);
  return {
    ...code,
    steps: code.steps.map((step) => ({ ...step, result: decoded(step.result) })),
    finalResult: decoded(code.finalResult),
    goldResult: decodedResult(code.goldResult),
    tokens: decodedTokens(code.tokens),
  };
}

function parsedLine(line: string): EpisodeCode {
  const { version, ...code } = Object(JSON.parse(line));
  if (typeof version !== "number" || !Array.isArray(code.steps)) {
    throw new SyntaxError("Cannot read an episode as its line has no version or no steps");
  }
  if (version > EPISODE_VERSION) {
    throw new SyntaxError(
      `Cannot read an episode as its line is of version ${version}: ` +
        `this program reads up to ${EPISODE_VERSION}`,
    );
  }
  return code;
}

function encoded(result: SqlResult | null): ResultCode | null {
  return result && encodedResult(result);
}

function encodedResult(result: SqlResult): ResultCode {
  if (result.kind !== "rows") return result;
  return { ...result, rows: result.rows.map((row) => row.map(encodedCell)) };
}

function decoded(code: ResultCode | null): SqlResult | null {
  return code && decodedResult(code);
}

function decodedResult(code: ResultCode): SqlResult {
  if (code.kind !== "rows") return code;
  return { ...code, rows: code.rows.map((row) => row.map(decodedCell)) };
}

function encodedCell(cell: SqlValue): CellCode {
  if (cell === null || typeof cell === "string") return cell;
  if (typeof cell === "bigint") {
    const integer = Number(cell);
    return Number.isSafeInteger(integer) ? integer : { int: cell.toString() };
  }
  if (cell instanceof Uint8Array) return { blob: cell.toBase64() };
  // JSON has neither the infinities nor the sign of zero.
  if (Object.is(cell, -0)) return { real: "-0" };
  return { real: Number.isFinite(cell) ? cell : String(cell) };
}

function decodedCell(code: CellCode): SqlValue {
  if (code === null || typeof code === "string") return code;
  if (typeof code === "number") return BigInt(code);
  if ("int" in code) return BigInt(code.int);
  if ("real" in code) return Number(code.real);
  return Uint8Array.fromBase64(code.blob);
}

function encodedTokens(tokens: Tokens | null): TokensCode | null {
  return tokens && {
    ids: base64(tokens.ids),
    actionMask: base64(tokens.actionMask),
    stepOf: base64(tokens.stepOf),
    sampledLogprobs: base64(tokens.sampledLogprobs),
  };
}

function decodedTokens(code: TokensCode | null): Tokens | null {
  if (code === null) return null;
  const tokens = {
    ids: new Int32Array(bytes(code.ids)),
    actionMask: new Uint8Array(bytes(code.actionMask)),
    stepOf: new Int16Array(bytes(code.stepOf)),
    sampledLogprobs: new Float32Array(bytes(code.sampledLogprobs)),
  };
  const counts = Object.values(tokens).map((array) => array.length);
  if (new Set(counts).size > 1) {
    throw new SyntaxError(
      `Cannot read an episode as its token arrays differ in length: ${counts.join(", ")}`,
    );
  }
  return tokens;
}

function base64(array: Tokens[keyof Tokens]): string {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength).toBase64();
}

function bytes(text: string): ArrayBuffer {
  return Uint8Array.fromBase64(text).buffer;
}
