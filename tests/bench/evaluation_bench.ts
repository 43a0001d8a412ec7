/**
 * What summing up an evaluation costs, after all SQL has been run.
 * `deno bench -A tests/bench/evaluation_bench.ts`
 *
 * @module
 */

import { softF1 } from "../../src/evaluation/soft_f1.ts";
import { strictMatch } from "../../src/evaluation/strict_match.ts";
import { summarize } from "../../src/evaluation/summary.ts";
import { verdictOf } from "../../src/evaluation/verdict.ts";
import type { Episode } from "../../src/trajectory/episode.ts";
import { anEpisode, callStep, columnOf, rowsOf } from "../evaluation/results.ts";

const GOLD_SQL = "SELECT T1.name, T2.points FROM member AS T1 INNER JOIN result AS T2 " +
  "ON T1.id = T2.member WHERE T2.year = 2012 ORDER BY T2.points DESC LIMIT 10";
const GOLD = rowsOf(Array.from({ length: 10 }, (_, i) => [`member ${i}`, BigInt(90 - i)]));
const ANSWERS = [
  rowsOf(GOLD.rows.map((row) => [...row])),
  rowsOf(GOLD.rows.toReversed()),
  rowsOf(GOLD.rows.slice(0, 7)),
];
const LOOK = callStep("SELECT name FROM member LIMIT 3", columnOf("a", "b", "c"));

/** As many episodes as BIRD's dev set has questions, a third of them right. */
function episodes(callCount: number): Episode[] {
  return Array.from({ length: 1534 }, (_, i) =>
    anEpisode(ANSWERS[i % 3], GOLD, {
      exampleId: String(i),
      goldSql: GOLD_SQL,
      steps: new Array(callCount && i % callCount).fill(LOOK),
    }));
}

function verdicts(of: readonly Episode[]) {
  return of.map((episode) => verdictOf(episode, { id: episode.exampleId, difficulty: "simple" }));
}

const answers = episodes(0);
const dialogues = episodes(5);
const verdictsOfAnswers = verdicts(answers);
const verdictsOfDialogues = verdicts(dialogues);

Deno.bench("verdictOf(), 1,534 answers", { group: "1,534 questions" }, () => {
  verdicts(answers);
});
Deno.bench("verdictOf(), 1,534 episodes of 0 to 4 calls", { group: "1,534 questions" }, () => {
  verdicts(dialogues);
});
Deno.bench("summarize(), 1,534 answers", { group: "1,534 questions" }, () => {
  summarize(verdictsOfAnswers, { seed: 1 });
});
Deno.bench("summarize(), 1,534 episodes of 0 to 4 calls", { group: "1,534 questions" }, () => {
  summarize(verdictsOfDialogues, { seed: 1 });
});

const large = rowsOf(
  Array.from({ length: 100_000 }, (_, i) => [BigInt(i), i * 0.5, `hero number ${i}`]),
);
const reversed = rowsOf(large.rows.toReversed());
Deno.bench("strictMatch(), reversed", { group: "100,000 rows of 3 cells" }, () => {
  strictMatch(reversed, large, "SELECT * FROM hero");
});
Deno.bench("softF1(), reversed", { group: "100,000 rows of 3 cells" }, () => {
  softF1(reversed, large);
});
