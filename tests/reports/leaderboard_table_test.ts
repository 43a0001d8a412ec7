import assert from "finestep/assert";
import { EMPTY_BOARD } from "../../src/leaderboard/board.ts";
import type { Row } from "../../src/leaderboard/schema.ts";
import { examName, leaderboardTables } from "../../src/reports/leaderboard_table.ts";
import { MARKDOWN, PLAIN, type Style } from "../../src/reports/style.ts";
import { aRow, aScore } from "../leaderboard/rows.ts";

const GRPO = aRow();
const FINESTEP = aRow({ name: "finestep", ex: 0.625, redundancy: 0.05 });
const ALL_MEASURES = aRow({
  name: "a prediction file with a long name",
  measures: {
    ...GRPO.measures,
    ...Object.fromEntries(
      ["strict_ex", "soft_f1", "sound_ex", "failed_tool_calls", "format_violations"]
        .map((name) => [name, aScore(0.45)]),
    ),
  },
});

const tables = (rows: Row[], width?: number, style: Style = PLAIN) =>
  leaderboardTables({ ...EMPTY_BOARD, rows }, style, width);

Deno.test("leaderboardTables() has rows by rank, with intervals, seeds and ids", () => {
  const [finestep, grpo] = [FINESTEP, GRPO].map(({ id }) => id.slice(0, 8));
  const [heading, ...lines] = tables([GRPO, FINESTEP], 80).split("\n");
  assert.equal(heading, "minibird dev, greedy:");
  assert.deepEqual(lines.slice(-6), [
    "+---+----------+---------------+---------------+-------+----------+",
    "| # | system   |         EX, % |     redundant | seeds | row      |",
    "|   |          |               | tool calls, % |       |          |",
    `| 1 | finestep | 62.5 +/- 10.0 |  5.0 +/- 10.0 |     2 | ${finestep} |`,
    `| 2 | grpo     | 50.0 +/- 10.0 | 20.0 +/- 10.0 |     2 | ${grpo} |`,
    "+---+----------+---------------+---------------+-------+----------+",
  ]);
});

Deno.test("leaderboardTables() fits terminals, with redundancy beside EX in all of them", () => {
  for (const style of [PLAIN, { unicode: true, color: false }]) {
    const widths = [80, 100, 120, 400].map((width) => {
      const lines = tables([ALL_MEASURES, FINESTEP], width, style).split("\n");
      const widest = Math.max(...lines.map((line) => line.length));
      assert(widest <= width, `${widest} columns of ${width}`);
      assert(lines.some((line) => line.includes("EX, %") && line.includes("redundant")));
      return widest;
    });
    assert.deepEqual(widths, widths.toSorted((a, b) => a - b));
    assert(new Set(widths).size > 2, "more is shown where there is room");
  }
});

Deno.test("leaderboardTables() shows every measure where there is room", () => {
  const text = tables([ALL_MEASURES]);
  for (const word of ["strict EX", "Soft-F1", "quarantined", "failing", "format", "commit"]) {
    assert(text.includes(word), word);
  }
  assert.doesNotMatch(tables([GRPO]), /Soft-F1/, "no column without a number");
});

Deno.test("leaderboardTables() has a table an exam, and says what sets two of one name apart", () => {
  const { exam } = GRPO;
  const text = tables([GRPO, aRow({ exam: { ...exam, sqlite: "3.0.0" } })]);
  assert.equal(text.match(/^minibird dev, greedy:$/gm)?.length, 2);
  assert.match(text, /SQLite 3\.0\.0, clock \S+, apart from exam [0-9a-f]{8} by sqlite$/m);
});

Deno.test("leaderboardTables() in Markdown is a heading, a paragraph and a table, names whole", () => {
  const { name } = ALL_MEASURES;
  const [heading, , facts, , head, rule, row] = tables([ALL_MEASURES], undefined, MARKDOWN)
    .split("\n");
  assert.equal(heading, "### minibird dev, greedy");
  assert.match(
    facts,
    /^exam [0-9a-f]{8}, 6 of 12 questions, data 01234567 01234567, 2 quarantined/,
  );
  assert.match(head, /^\| # \| system \| EX, % \|.* redundant tool calls, % \|/);
  assert.match(rule, /^\| ---: \| --- \| ---: \|/);
  assert(row.includes(`| ${name} | 50.0 ± 10.0 | 2.0 |`), row);
});

Deno.test("leaderboardTables() without rows says how to add one", () => {
  assert.equal(tables([]), "The leaderboard has no rows yet: finestep leaderboard add RUN");
});

Deno.test("examName() says how was answered", () => {
  const { exam } = GRPO;
  const name = (changes: Partial<Row["exam"]>) => examName(aRow({ exam: { ...exam, ...changes } }));
  assert.equal(
    name({ temperature: 1, samples: 4 }),
    "minibird dev, temperature 1, 4 attempts each",
  );
  assert.equal(name({ prompt: null }), "minibird dev, answers from a file");
});
