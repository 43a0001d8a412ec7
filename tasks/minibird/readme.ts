/**
 * The README of the data set, with its counts as they are.
 *
 * @module
 */

import type { MinibirdDatabase } from "./databases.ts";
import { type Domain, tablesOf } from "./domain.ts";
import { type Split, SPLITS } from "./partition.ts";
import type { MinibirdQuestion } from "./questions.ts";
import { TEMPLATES } from "./templates.ts";

type Questions = Record<Split, readonly MinibirdQuestion[]>;

function tableText(header: readonly string[], rows: readonly (readonly unknown[])[]): string {
  const line = (cells: readonly unknown[]) => `| ${cells.join(" | ")} |`;
  return [line(header), line(header.map(() => "---")), ...rows.map(line)].join("\n");
}

function countsBy(questions: Questions, key: (question: MinibirdQuestion) => string) {
  const names = [...new Set(SPLITS.flatMap((split) => questions[split].map(key)))].sort();
  return names.map((name) => [
    name,
    ...SPLITS.map((split) => questions[split].filter((question) => key(question) === name).length),
  ]);
}

function databaseRow({ domain }: MinibirdDatabase): string[] {
  const rowCount = tablesOf(domain).reduce((sum, table) => sum + table.rowCount, 0);
  return [domain.id, tableNames(domain), String(rowCount)];
}

function tableNames(domain: Domain): string {
  return tablesOf(domain).map(({ name, columns }) => `${name} (${columns.length})`).join(", ");
}

/** The text of README.md. */
export function readmeText(
  seed: number,
  questions: Questions,
  databases: readonly MinibirdDatabase[],
): string {
  return `# Minibird

A small Text-to-SQL data set of our own in BIRD's file shapes, written by a program from word lists
and question templates. It is made for tests and for training very small models in minutes; it says
nothing about how a system does on BIRD.

\`deno task fixtures\` writes this folder (seed ${seed}) and this page. Licence: MIT. No text or data of
BIRD or Spider is in it.

## Files

| path | what |
| --- | --- |
| train.json | \`db_id\`, \`question\`, \`evidence\`, \`SQL\`, as in BIRD's train set |
| dev.json, test.json | also \`question_id\` and \`difficulty\`, as in BIRD's dev set |
| train_gold.sql, dev_gold.sql, test_gold.sql | a line for each question: SQL, tab, database |
| dev_tables.json | the schemas, in Spider's and BIRD's format |
| dev_databases/ | SQLite files with \`database_description\`, one set for all three splits |
| notes.json | by split and position: the question's template and what it needs. For analysis only, never for prompts |

## What is held out

All splits ask about the same ${databases.length} databases. Held out are the questions and their values: names,
places and brands are split 60 / 20 / 20 for all databases at once, and for each template no value
(also no number and no category) is named in two splits. Test has only moderate and challenging
questions.

## What a question needs

- **value_form**: the question says a value as people do, and it is stored otherwise (\`Port Haven\` as
  \`PORT HAVEN\`, \`Port Haven (BR)\`, \`Greater Port Haven\`; \`Anna Bell\` as \`Anna Bell Jr\`). The form is drawn for
  each value on its own, so it can be found but not guessed:
  \`SELECT DISTINCT city FROM club WHERE city LIKE '%Port Haven%'\` always gives the one stored form.
- **which_column**: the value is in one of two columns that the question does not tell apart
  (\`home_town\`, \`work_town\`), a random one for each value.
  \`SELECT COUNT(*) FROM member WHERE home_town = 'Upper Ashford'\` tells.
- **none**: all is said by the question, the evidence and the schema.

Two limits. Someone who does not look is right on half of the which_column questions by chance.
And a query can be written that needs no look-up: \`city LIKE '%Port Haven%'\` or
\`home_town = 'Upper Ashford' OR work_town = 'Upper Ashford'\` in the answer itself. Such answers are right, so a
policy that is rewarded for few tool calls may learn to write them.

## Counts

${tableText(["database", "tables (columns)", "rows"], databases.map(databaseRow))}

${tableText(["difficulty", ...SPLITS], countsBy(questions, ({ difficulty }) => difficulty))}

${tableText(["need", ...SPLITS], countsBy(questions, ({ need }) => need))}

${tableText(["database", ...SPLITS], countsBy(questions, ({ databaseId }) => databaseId))}

There are ${TEMPLATES.length} templates:

${tableText(["template", ...SPLITS], countsBy(questions, ({ template }) => template))}

Every gold query was run: it gives 1 to 20 rows, no NULL and no count of 0, and a query with
\`LIMIT 1\` has no tie for the first place.
`;
}
