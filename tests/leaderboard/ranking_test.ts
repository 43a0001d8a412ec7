import assert from "finestep/assert";
import { rankings } from "../../src/leaderboard/ranking.ts";
import { aRow } from "./rows.ts";

const EXAM = aRow().exam;

Deno.test("rankings() puts the best first; equal EX shares a rank, fewer redundant calls first", () => {
  const [{ rows }] = rankings({
    rows: [
      aRow({ name: "a", ex: 0.5, redundancy: 0.3 }),
      aRow({ name: "b", ex: 0.7 }),
      aRow({ name: "c", ex: 0.5, redundancy: 0.1 }),
      aRow({ name: "d", ex: 0.4 }),
    ],
  });
  assert.deepEqual(rows.map(({ rank, row }) => `${rank} ${row.name}`), [
    "1 b",
    "2 c",
    "2 a",
    "4 d",
  ]);
});

Deno.test("rankings() never puts rows of different exams together", () => {
  const exams = [
    EXAM,
    { ...EXAM, temperature: 1 },
    { ...EXAM, exRule: "another" },
    { ...EXAM, sqlite: "3.0.0" },
    { ...EXAM, quarantine: null },
    { ...EXAM, limits: { ...EXAM.limits, maxTurns: 9 } },
    { ...EXAM, dataSet: { ...EXAM.dataSet, databasesSha256: "f".repeat(64) } },
  ];
  const found = rankings({ rows: [...exams, ...exams].map((exam) => aRow({ exam })) });
  assert.deepEqual(found.map(({ exam }) => exam), exams);
  assert(found.every(({ rows }) => rows.length === 2));
  assert.equal(new Set(found.map(({ key }) => key)).size, exams.length);
});

Deno.test("rankings() compares rows of other versions and commits", () => {
  const versions = { finestep: "9.9.9", deno: "9.9.9" };
  assert.equal(rankings({ rows: [aRow(), aRow({ versions, commit: "abc", ex: 0.1 })] }).length, 1);
});
