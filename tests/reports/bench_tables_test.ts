import assert from "finestep/assert";
import type { CallRedundancy } from "../../src/evaluation/redundancy.ts";
import { type BenchResult, benchTables, comparisons } from "../../src/reports/bench_tables.ts";
import { PLAIN } from "../../src/reports/style.ts";
import { aVerdict } from "../store/episodes.ts";

/** The first call of an episode, and one that repeats it. */
const CALL: CallRedundancy = { index: 0, step: 0, classes: [], category: null, hasFailed: false };
const REPEAT: CallRedundancy = { ...CALL, index: 1, step: 1, classes: ["R1"], category: "R1" };

/** An exam of one policy: a question a digit, right where it is 1, with calls of which some repeat. */
function result(
  variant: string,
  seed: number,
  right: string,
  { temperature = 0, repeats = 0 } = {},
): BenchResult {
  const calls = [CALL, ...Array.from({ length: repeats }, () => REPEAT)];
  const verdicts = [...right].map((digit, n) =>
    aVerdict(String(n), { isCorrect: digit === "1", calls, databaseId: `db${n % 2}` })
  );
  const ex = [...right].filter((digit) => digit === "1").length / right.length;
  return {
    variant,
    seed,
    training: null,
    runId: seed,
    exam: { split: "dev", temperature, samples: 1 },
    verdicts,
    measures: {
      ex: { value: ex },
      redundant_tool_calls: { value: repeats / calls.length },
      tool_calls: { value: calls.length },
    },
  };
}

const GREEDY = [
  result("untrained", 1, "1000"),
  result("finestep", 1, "1110"),
  result("grpo", 1, "1100"),
  result("finestep", 2, "1111"),
  result("grpo", 2, "1100"),
];

Deno.test("benchTables() shows means over seeds, and how FineStep differs from each other algorithm", () => {
  const lines = benchTables(GREEDY, PLAIN).split("\n");
  assert.equal(lines[0], "dev, greedy (4 questions):");
  const row = (name: string) => lines.filter((line) => line.startsWith(`| ${name} `));
  assert.match(row("untrained")[0], /\| +25\.0 \| +0\.0 \| +1\.00 \| +1 \|$/);
  assert.match(row("finestep")[0], /\| +87\.5 \+\/- 17\.7 \| +0\.0 \+\/- 0\.0 \| .* \| +2 \|$/);
  assert.match(row("grpo")[0], /\| +50\.0 \+\/- 0\.0 \|/);
  assert.match(
    row("grpo")[1],
    /\| EX, % +\| +\+37\.5 .* \| +[01]\.\d{4} \| +\+37\.5 .* \| +\+37\.5 /,
  );
  assert.match(row("untrained")[1], /\| +\+62\.5 /);
  // Of the questions, the first is right for both at every seed, and the second for FineStep and GRPO.
  assert.match(row("untrained")[2], /\| +1 \| +0\.0 \| +0\.0 \| +1\.00 \| +1\.00 \|$/);
  assert.match(row("grpo")[2], /\| +2 \|/);
});

Deno.test("benchTables() decides claims, and says what it would take where they are open", () => {
  const text = benchTables(GREEDY, PLAIN);
  assert.match(
    text,
    /^Decisions on dev by docs\/decision_rules\.md \(4 questions, 2 seeds; against 2\):$/m,
  );
  assert.match(text, /^These do not decide yet: the rules ask for 5 seeds of each$/m);
  assert.match(text, /^\| more EX +\| grpo +\| +\+37\.5 .* \| +[01]\.\d{4} \| inconclusive +\|$/m);
  assert.match(
    text,
    /^more EX, against grpo: inconclusive in EX; differences from [\d.]+ points on are found with 80 % power, /m,
  );
});

Deno.test("benchTables() compares nothing where FineStep is not among the algorithms", () => {
  const text = benchTables([result("grpo", 1, "1100"), result("dapo", 1, "1110")], PLAIN);
  assert.doesNotMatch(text, /finestep/);
});

Deno.test("comparisons() decides redundant calls on sampled attempts, a third of them cut or not", () => {
  const right = "1".repeat(40);
  const sampled = (variant: string, seed: number, repeats: number) =>
    result(variant, seed, right, { temperature: 1, repeats });
  const decided = (repeats: number, others: number) =>
    comparisons([
      ...[1, 2].map((seed) => sampled("finestep", seed, repeats)),
      ...[1, 2].map((seed) => sampled("grpo", seed, others)),
    ]).decisions[0].claims.map(({ claim, decision }) => [claim, decision]);
  const [fewer, third] = [
    "fewer redundant calls at no loss of EX",
    "redundant calls cut by a third, at no loss of EX",
  ];
  // Rates of 0 and of 1/2; of 1/2 and 3/4, of which a third is cut; of 2/3 and 3/4, of which less is.
  assert.deepEqual(decided(0, 1), [[fewer, "supported"], [third, "supported"]]);
  assert.deepEqual(decided(2, 3), [[fewer, "supported"], [third, "not supported"]]);
  assert.deepEqual(decided(1, 1), [[fewer, "not supported"], [third, "not supported"]]);
});
