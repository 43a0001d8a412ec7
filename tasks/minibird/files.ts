/**
 * The data set as files: questions and gold SQL as BIRD publishes them, beside the databases.
 *
 * @module
 */

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { buildDatabases } from "./databases.ts";
import { type Split, SPLITS } from "./partition.ts";
import { generateQuestions, type MinibirdQuestion } from "./questions.ts";
import { readmeText } from "./readme.ts";

/** The seed of fixtures/minibird. */
export const FIXTURE_SEED = 7;

const COUNTS: Record<Split, number> = { train: 1200, dev: 240, test: 240 };

function writeJson(path: string, value: unknown): void {
  writeFileSync(path, `${JSON.stringify(value, null, 1)}\n`);
}

/** A question as in BIRD's train.json. */
function trainEntry({ databaseId, question, evidence, sql }: MinibirdQuestion) {
  return { db_id: databaseId, question, evidence, SQL: sql };
}

/** A question as in BIRD's dev.json. */
function devEntry(question: MinibirdQuestion, position: number) {
  const { difficulty } = question;
  return { question_id: position, ...trainEntry(question), difficulty };
}

function writeSplit(directory: string, split: Split, questions: readonly MinibirdQuestion[]): void {
  const entries = questions.map(split === "train" ? trainEntry : devEntry);
  writeJson(join(directory, `${split}.json`), entries);
  const gold = questions.map(({ sql, databaseId }) => `${sql}\t${databaseId}\n`);
  writeFileSync(join(directory, `${split}_gold.sql`), gold.join(""));
}

/**
 * Writes the whole data set into a directory, which is made when missing.
 *
 * @returns The questions by split, as in the files but with what only their maker knows.
 */
export function buildMinibird(
  seed: number,
  directory: string,
): Record<Split, readonly MinibirdQuestion[]> {
  const databases = buildDatabases(seed, directory);
  const made = SPLITS.map((split) =>
    [split, generateQuestions({ seed, split, count: COUNTS[split] }, databases)] as const
  );
  for (const [split, questions] of made) writeSplit(directory, split, questions);
  const questions = Object.fromEntries(made) as Record<Split, MinibirdQuestion[]>;
  const notes = made.map(([split, questions]) =>
    [split, questions.map(({ template, need }) => ({ template, need }))] as const
  );
  writeJson(join(directory, "notes.json"), Object.fromEntries(notes));
  writeFileSync(join(directory, "README.md"), readmeText(seed, questions, databases));
  return questions;
}
