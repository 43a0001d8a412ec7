/**
 * Prints stored training runs as a Markdown table, for results/LOG.md: command, commit, EX and
 * redundant tool calls before and after with the paired difference, and calls per question.
 *
 * Run with `deno task results [--store FILE] [run ids]`; all finished training runs by default.
 *
 * @module
 */

import { parseArgs } from "node:util";
import { differences } from "../src/evaluation/summary.ts";
import { differenceText, type Estimate, estimateText } from "../src/reports/measures.ts";
import { DEFAULT_STORE_PATH, openStore, type Run, type RunStore } from "../src/store/run_store.ts";

const STYLE = { unicode: true, color: false };
const SHOWN = ["ex", "redundant_tool_calls", "tool_calls"] as const;
const HEADINGS = [
  "run",
  "algorithm",
  "seed",
  "commit",
  "EX, %",
  "difference",
  "redundant calls, %",
  "difference",
  "calls per question",
  "difference",
];

function row(store: RunStore, run: Run): string[] {
  const [before, after] = [store.verdicts(run.id, "before"), store.verdicts(run.id, "after")];
  const change = differences(before, after, { seed: run.seed });
  const measure = (name: string, phase: string): Estimate =>
    store.metrics(run.id).find((metric) => metric.name === name && metric.phase === phase)!;
  const cells = SHOWN.flatMap((name) => [
    `${estimateText(name, measure(name, "before"), STYLE)} → ${
      estimateText(name, measure(name, "after"), STYLE)
    }`,
    differenceText(name, change[name], STYLE),
  ]);
  return [String(run.id), run.algorithm ?? "", String(run.seed), run.commit ?? "", ...cells];
}

const { values, positionals } = parseArgs({
  options: { store: { type: "string", default: DEFAULT_STORE_PATH } },
  allowPositionals: true,
});
using store = openStore(values.store);
const ids = positionals.map(Number);
const runs = store.runs().filter(({ id, kind, status }) =>
  kind === "train" && status === "finished" && (ids.length === 0 || ids.includes(id))
);
/** Right answers and calls per question by what a minibird question needs, before and after. */
function needRows(store: RunStore, run: Run, needs: readonly string[]): string[][] {
  return [...new Set(needs)].sort().map((need) => {
    const cell = (phase: "before" | "after") => {
      const records = [...store.episodes(run.id, phase)]
        .filter(({ episode }) => needs[Number(episode.exampleId)] === need);
      const right = records.filter(({ isCorrect }) => isCorrect).length;
      const calls = records.flatMap(({ episode }) => episode.steps)
        .filter(({ action }) => action.kind === "toolCall").length;
      return [`${right} of ${records.length}`, (calls / records.length).toFixed(2)];
    };
    const [before, after] = [cell("before"), cell("after")];
    return [
      String(run.id),
      run.algorithm ?? "",
      String(run.seed),
      need,
      `${before[0]} → ${after[0]}`,
      `${before[1]} → ${after[1]}`,
    ];
  });
}

const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
console.log(line(HEADINGS));
console.log(line(HEADINGS.map(() => "---")));
for (const run of runs) console.log(line(row(store, run)));
const notes = JSON.parse(await Deno.readTextFile("fixtures/minibird/notes.json"));
const needs = notes.dev.map(({ need }: { need: string }) => need);
const onMinibird = runs.filter(({ dataSet }) => dataSet === "fixtures/minibird");
if (onMinibird.length > 0) {
  console.log("\nBy what a dev question needs (fixtures/minibird/notes.json):\n");
  console.log(line(["run", "algorithm", "seed", "need", "right", "calls per question"]));
  console.log(line(["---", "---", "---", "---", "---", "---"]));
  for (const run of onMinibird) {
    for (const cells of needRows(store, run, needs)) console.log(line(cells));
  }
}
console.log("\nCommands:\n");
for (const run of runs) console.log(`- run ${run.id}: \`${run.command}\``);
