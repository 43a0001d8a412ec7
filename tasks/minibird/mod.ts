/**
 * Minibird: a Text-to-SQL data set of our own in BIRD's file shapes, made from a seed, half of
 * whose questions can be answered only by someone who looks into the database.
 *
 * @module
 */

export { buildDatabases, type MinibirdDatabase } from "./databases.ts";
export { buildMinibird, FIXTURE_SEED } from "./files.ts";
export type { Need } from "./filters.ts";
export type { Split } from "./partition.ts";
export { generateQuestions, type MinibirdQuestion, type QuestionOptions } from "./questions.ts";
export type { Difficulty } from "./templates.ts";
