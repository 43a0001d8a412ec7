/**
 * Writes fixtures/calculator: the questions of each split, and a page that says what they are.
 *
 * Run with `deno run -A tasks/calculator/files.ts`.
 *
 * @module
 */

import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type CalculatorQuestion, calculatorQuestions, type Split } from "./questions.ts";

/** The seed of the committed questions. */
export const CALCULATOR_SEED = 1;

/** Questions of each split. */
const COUNTS: Readonly<Record<Split, number>> = { train: 800, dev: 200, test: 200 };

/** The committed files, by name. */
export function calculatorFiles(): Record<string, string> {
  const splits = Object.entries(COUNTS) as [Split, number][];
  const questions = splits.map(([split, count]) =>
    [split, calculatorQuestions({ seed: CALCULATOR_SEED, split, count })] as const
  );
  return {
    "task.json": '{ "task": "calculator" }\n',
    ...Object.fromEntries(
      questions.map(([split, all]) => [`${split}.json`, json(all.map(entryOf))]),
    ),
    "README.md": readme(questions),
  };
}

/** As question files have it; `db_id` is the kind of the question. */
function entryOf({ form, question, expression, operations, difficulty }: CalculatorQuestion) {
  return {
    db_id: `${form}_${operations.length}`,
    question,
    query: expression,
    difficulty,
  };
}

/** One entry a line. */
function json(entries: readonly Record<string, unknown>[]): string {
  return `[\n${entries.map((entry) => JSON.stringify(entry)).join(",\n")}\n]\n`;
}

function readme(questions: readonly (readonly [Split, readonly CalculatorQuestion[]])[]): string {
  const rows = questions.map(([split, all]) => {
    const stories = all.filter(({ form }) => form === "story").length;
    return `| ${split} | ${all.length} | ${all.length - stories} | ${stories} |`;
  });
  return `# Calculator questions

Arithmetic of one to five operations, in equal numbers, as expressions and as short stories:
\`(12 + 7) * 3\` or "${questions[0][1].find(({ form }) => form === "story")!.question}".
A tool task without SQL (docs/tasks.md): the tool does one operation a call, the answer is one number.

| split | questions | expressions | stories |
| --- | --- | --- | --- |
${rows.join("\n")}

Made by \`deno run -A tasks/calculator/files.ts\` from seed ${CALCULATOR_SEED}, this page included. The files
have the form of Spider's questions: \`query\` is the gold expression, \`db_id\` the kind of the question and
its number of operations. Of ten expressions, by their hash, eight are for training, one for dev and one
for test, so no expression is in two splits. All values on the way are whole numbers from 2 to 999, and no
number of a question comes up twice, so that no two needed steps give the same value.
`;
}

if (import.meta.main) {
  const folder = fileURLToPath(new URL("../../fixtures/calculator", import.meta.url));
  await Deno.mkdir(folder, { recursive: true });
  for (const [name, text] of Object.entries(calculatorFiles())) {
    await Deno.writeTextFile(join(folder, name), text);
  }
}
