import assert from "finestep/assert";
import fc from "fast-check";
import {
  appended,
  appendOnlyViolation,
  EMPTY_BOARD,
  identified,
  leaderboardText,
  parseLeaderboard,
  rowById,
} from "../../src/leaderboard/board.ts";
import { canonicalJson } from "../../src/leaderboard/canonical.ts";
import type { Leaderboard, Row } from "../../src/leaderboard/schema.ts";
import { aRow } from "./rows.ts";

const GRPO = aRow();
const FINESTEP = aRow({ name: "finestep", ex: 0.6 });
const BOARD: Leaderboard = { ...EMPTY_BOARD, rows: [GRPO, FINESTEP] };

/** Boards of up to five rows, all different. */
const BOARDS = fc.uniqueArray(fc.integer({ min: 0, max: 100 }), { maxLength: 5 })
  .map((values) => values.map((value) => aRow({ ex: value / 100 })))
  .map((rows): Leaderboard => ({ ...EMPTY_BOARD, rows }));

Deno.test("parseLeaderboard() reads what leaderboardText() wrote", () => {
  fc.assert(fc.property(BOARDS, (board) => {
    assert.deepEqual(parseLeaderboard(leaderboardText(board), "board.json"), board);
  }));
});

Deno.test("leaderboardText() has sorted keys, whatever their order was", () => {
  const text = leaderboardText(BOARD);
  assert.equal(leaderboardText(JSON.parse(canonicalJson(BOARD))), text);
  const keys = [...text.matchAll(/^ {6}"(\w+)":/gm)].map(([, key]) => key);
  assert.equal(keys.length, 2 * Object.keys(GRPO).length);
  assert.deepEqual(keys.slice(0, keys.length / 2), Object.keys(GRPO).sort());
});

Deno.test("appended() leaves the bytes of the rows before as they were", () => {
  fc.assert(fc.property(BOARDS, (board) => {
    const before = leaderboardText(board);
    const after = leaderboardText(appended(board, aRow({ name: "new", ex: 0.555 })));
    // But for what closes the list: a comma follows the last row.
    const rows = before.slice(0, before.lastIndexOf("]")).trimEnd();
    assert(after.startsWith(rows));
    assert.equal(appendOnlyViolation(board, parseLeaderboard(after, "board.json")), null);
  }));
});

Deno.test("appended() refuses the results of a row, also under another name and date", () => {
  const again = aRow({ name: "mine", date: "2026-02-02T00:00:00.000Z" });
  assert.throws(
    () => appended(BOARD, again),
    {
      name: "RangeError",
      message: `Cannot add "mine" to the leaderboard as its results are there: row ${
        GRPO.id.slice(0, 8)
      } ("grpo") is of the same exam, commit, policies and seeds`,
    },
  );
});

Deno.test("appended() takes the same results of another commit", () => {
  assert.equal(appended(BOARD, aRow({ commit: "ba9876543210" })).rows.length, 3);
});

Deno.test("appended() refuses a row that could not be read again", () => {
  const { samples: _, ...older } = GRPO.exam;
  assert.throws(
    () => appended(BOARD, aRow({ exam: older as Row["exam"], ex: 0.7 })),
    /^RangeError: Cannot add "grpo" .* of the board's schema: rows\.2\.exam\.samples: /,
  );
});

/** All places of a value where something could be changed. */
function paths(value: unknown, path: readonly string[] = []): string[][] {
  if (typeof value !== "object" || value === null) return [[...path]];
  return Object.entries(value).flatMap(([key, inner]) => paths(inner, [...path, key]));
}

function changed(row: Row, path: readonly string[]): Row {
  const copy = structuredClone(row);
  // deno-lint-ignore no-explicit-any
  const parent = path.slice(0, -1).reduce((value: any, key) => value[key], copy);
  const key = path.at(-1)!;
  parent[key] = typeof parent[key] === "number" ? parent[key] + 1 : `${parent[key]}x`;
  return copy;
}

Deno.test("a row's id changes with each of its fields", () => {
  const { id, ...content } = GRPO;
  assert.equal(identified(content).id, id);
  const places = paths(content);
  assert(places.length > 50);
  const ids = places.map((path) => {
    const { id: _, ...other } = changed(GRPO, path);
    return identified(other).id;
  });
  assert.equal(new Set([id, ...ids]).size, places.length + 1);
});

Deno.test("parseLeaderboard() notices every value that was changed by hand", () => {
  for (const path of paths(GRPO)) {
    const text = leaderboardText({ ...BOARD, rows: [FINESTEP, changed(GRPO, path)] });
    assert.throws(() => parseLeaderboard(text, "board.json"), SyntaxError, path.join("."));
  }
});

Deno.test("parseLeaderboard() says what is wrong with a file", () => {
  const refusal = (text: string, message: RegExp) =>
    assert.throws(() => parseLeaderboard(text, "board.json"), { name: "SyntaxError", message });
  refusal("{", /^Cannot read the leaderboard board\.json as it must be JSON: /);
  refusal("null", /as its schema must be finestep\.leaderboard\/1: undefined$/);
  refusal(
    '{"rows": [], "schema": "finestep.leaderboard/0"}',
    /as its schema must be finestep\.leaderboard\/1: "finestep\.leaderboard\/0"$/,
  );
  const { commit: _, ...partial } = GRPO;
  refusal(
    JSON.stringify({ ...BOARD, rows: [FINESTEP, partial] }),
    /as it must be of its schema: rows\.1\.commit: /,
  );
  refusal(
    JSON.stringify({ ...BOARD, rows: [{ ...GRPO, name: "finestep" }] }),
    /as a row's id must be the hash of its content: row 1 \(finestep\) was changed/,
  );
});

Deno.test("appendOnlyViolation() names the first row that is gone, changed or moved", () => {
  const id = GRPO.id.slice(0, 8);
  const after = (...rows: Row[]) => appendOnlyViolation(BOARD, { ...BOARD, rows });
  assert.equal(after(GRPO, FINESTEP, aRow({ ex: 0.7 })), null);
  assert.equal(after(FINESTEP), `row ${id} ("grpo") is gone`);
  assert.equal(after(aRow({ name: "GRPO" }), FINESTEP), `row ${id} ("grpo") is gone`);
  assert.equal(after(FINESTEP, GRPO), `row ${id} ("grpo") has moved from place 1 to 2`);
});

Deno.test("rowById() finds a row by the first digits of its id", () => {
  assert.equal(rowById(BOARD, FINESTEP.id), FINESTEP);
  assert.equal(rowById(BOARD, FINESTEP.id.slice(0, 8)), FINESTEP);
  for (const start of ["", "x"]) {
    assert.throws(
      () => rowById(BOARD, start),
      /^RangeError: Cannot find row ".?" as one row's id must begin so: there are 0 of 2$/,
    );
  }
});
