/**
 * The form of results/leaderboard.json. docs/schemas/leaderboard.schema.json is generated from it, and
 * every board is held to it when it is read.
 *
 * @module
 */

import { z } from "zod";
import { RUN_IDENTITY, SHA256 } from "../store/identity_schema.ts";

/** Name and version of the form; the version goes up with a change that breaks readers. */
export const LEADERBOARD_FORMAT = "finestep.leaderboard/1";

const COUNT = z.int().min(0);
const COMMIT = z.string().nullable()
  .describe("of finestep; `+` after it: files differed from it; null: not known");

/** What a system was asked and how it was judged: an identity without policy, seed and versions. */
const EXAM = RUN_IDENTITY.omit({ policy: true, seed: true, versions: true });

const SCORE = z.strictObject({
  value: z.number().describe("over all seeds and questions; a rate is a share, not percent"),
  low: z.number().nullable().describe("lower bound of the 95 % interval; null where there is none"),
  high: z.number().nullable().describe("upper bound of the 95 % interval"),
  n: COUNT.describe("questions that it rests on"),
  overSeeds: z.strictObject({
    mean: z.number(),
    sd: z.number().min(0).describe("with n - 1 in the denominator"),
  }).nullable().describe("of the seeds' own values; null for one seed"),
});

const RUN = z.strictObject({
  seed: z.int(),
  policySha256: SHA256.describe("of the model, or of the prediction file"),
  resultHash: SHA256.describe("of the verdicts without times: the same seed gives the same"),
  command: z.string().describe("that evaluated"),
  training: z.strictObject({ command: z.string(), commit: COMMIT }).nullable()
    .describe("what made the policy; null where finestep did not train it"),
  values: z.record(z.string(), z.number()).describe("of the measures"),
});

const ROW = z.strictObject({
  id: SHA256.describe("of all other fields, as JSON with sorted keys"),
  name: z.string().min(1).describe("of the system"),
  kind: z.enum(["trained", "model", "predictions"]),
  algorithm: z.string().nullable().describe("that trained it here; null for none"),
  dataSet: z.string().describe("name of the data set's folder"),
  exam: EXAM.describe("rows are compared where it is the same"),
  measures: z.record(z.string(), SCORE),
  runs: z.array(RUN).min(1).describe("one a seed, in the order of the seeds"),
  commit: COMMIT,
  versions: RUN_IDENTITY.shape.versions,
  date: z.iso.datetime().describe("when its last run finished"),
});

/** The whole file. */
export const LEADERBOARD = z.strictObject({
  rows: z.array(ROW).describe("in the order in which they were added"),
  schema: z.literal(LEADERBOARD_FORMAT),
});

/** One system on one exam. */
export type Row = Readonly<z.output<typeof ROW>>;
/** What rows must share to be compared. */
export type Exam = Row["exam"];
/** One evaluation of a row. */
export type RowRun = Row["runs"][number];
/** A measured number of a row. */
export type Score = Readonly<z.output<typeof SCORE>>;
/** Rows in the order in which they were added. */
export type Leaderboard = Readonly<z.output<typeof LEADERBOARD>>;

/** The JSON Schema (draft 2020-12) by the name of its file in docs/schemas/. */
export function leaderboardSchemas(): Record<string, unknown> {
  return { "leaderboard.schema.json": z.toJSONSchema(LEADERBOARD) };
}
