import assert from "finestep/assert";
import { breakdown, disagreements } from "../../src/evaluation/breakdown.ts";
import { score, shareOf } from "../../src/evaluation/execution_accuracy.ts";
import type { Verdict } from "../../src/evaluation/verdict.ts";
import { aCall, aVerdict } from "./results.ts";

const scored = (right: number, n: number) => ({ right, ...shareOf(right, n) });
const counted = (count: number, n: number) => ({ count, ...shareOf(count, n) });

const VERDICTS: readonly Verdict[] = [
  aVerdict({
    databaseId: "zoo",
    features: ["join", "limit"],
    calls: Array.from({ length: 10 }, (_, index) => aCall({ index })),
  }),
  aVerdict({
    difficulty: "moderate",
    features: ["join"],
    calls: [aCall(), aCall({ category: "R1" })],
    isCorrect: false,
  }),
  aVerdict({
    difficulty: null,
    stopReason: "turn_limit",
    outcome: "no_answer",
    calls: [aCall({ category: "R1" }), aCall({ category: "R1" }), aCall({ category: "R3" })],
    isCorrect: false,
  }),
  aVerdict(),
];

Deno.test("breakdown() counts every question once in each grouping that parts them", () => {
  const { total, byDifficulty, byDatabase, byCallCount, byStopReason } = breakdown(VERDICTS);
  assert.deepEqual(total, score(VERDICTS));
  assert.deepEqual([...byDifficulty], [
    ["simple", scored(2, 2)],
    ["moderate", scored(0, 1)],
    ["unrated", scored(0, 1)],
  ]);
  assert.deepEqual([...byDatabase], [["shop", scored(1, 3)], ["zoo", scored(1, 1)]]);
  assert.deepEqual([...byCallCount], [
    [0, scored(1, 1)],
    [2, scored(0, 1)],
    [3, scored(0, 1)],
    [10, scored(1, 1)],
  ]);
  assert.deepEqual([...byStopReason], [["answer", scored(2, 3)], ["turn_limit", scored(0, 1)]]);
});

Deno.test("breakdown() counts a question in each of its features and redundancy classes, once", () => {
  const { byFeature, byRedundancy } = breakdown(VERDICTS);
  assert.deepEqual([...byFeature], [
    ["join", scored(1, 2)],
    ["limit", scored(1, 1)],
    ["none", scored(1, 2)],
  ]);
  assert.deepEqual([...byRedundancy], [
    ["R1", scored(0, 2)],
    ["R3", scored(0, 1)],
    ["none", scored(2, 2)],
  ]);
});

Deno.test("breakdown() counts how questions came out", () => {
  assert.deepEqual([...breakdown(VERDICTS).outcomes], [
    ["right", counted(2, 4)],
    ["wrong_rows", counted(1, 4)],
    ["no_answer", counted(1, 4)],
  ]);
});

Deno.test("breakdown() of no verdicts has no groups", () => {
  const { total, ...groups } = breakdown([]);
  assert.deepEqual(total, scored(0, 0));
  assert.deepEqual(Object.values(groups).map(({ size }) => size), [0, 0, 0, 0, 0, 0, 0]);
});

Deno.test("disagreements() lists the questions on which strict EX and EX differ", () => {
  const reordered = { isStrictlyCorrect: false, disagreement: "order" } as const;
  const rounded = {
    isCorrect: false,
    isStrictlyCorrect: true,
    disagreement: "float_tolerance",
  } as const;
  const { counts, rows } = disagreements([
    aVerdict({ exampleId: "7", ...rounded }),
    aVerdict({ exampleId: "8" }),
    aVerdict({ exampleId: "9", databaseId: "zoo", ...reordered }),
  ]);
  assert.deepEqual([...counts], [
    ["same", counted(1, 3)],
    ["order", counted(1, 3)],
    ["float_tolerance", counted(1, 3)],
  ]);
  assert.deepEqual(rows, [
    {
      exampleId: "7",
      databaseId: "shop",
      isCorrect: false,
      isStrictlyCorrect: true,
      reason: "float_tolerance",
    },
    {
      exampleId: "9",
      databaseId: "zoo",
      isCorrect: true,
      isStrictlyCorrect: false,
      reason: "order",
    },
  ]);
});
