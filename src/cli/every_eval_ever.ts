/**
 * The files of an Every Eval Ever export, in the folders of its shared datastore.
 *
 * @module
 */

import { join, resolve } from "node:path";
import { choice, folder, option, type Values } from "../config/option.ts";
import { readQuestions } from "../dataset/dataset.ts";
import { findLayout } from "../dataset/layout.ts";
import { everyEvalEverAggregate } from "../reports/export/every_eval_ever/aggregate.ts";
import { everyEvalEverNames, RELATIONSHIPS } from "../reports/export/every_eval_ever/facts.ts";
import { everyEvalEverSamples } from "../reports/export/every_eval_ever/samples.ts";
import type { ExportedRun } from "../reports/exported_run.ts";
import { UsageError } from "./args.ts";
import { located } from "./located.ts";
import { writeWhole } from "./whole_file.ts";

/** What the schema asks for and a run does not know. */
export const EVERY_EVAL_EVER_OPTIONS = {
  modelId: option("", "the model that answered, as developer/model", "ours"),
  organization: option("", "who evaluated", "ours"),
  relationship: choice("other", RELATIONSHIPS, "of who evaluated to who made the model", "ours"),
  dataUrl: option("", "where the data set is published (none = nowhere)", "ours"),
  data: folder("", "folder of the questions (none = where the run read them)", "ours"),
};

/** The options with the folder to write below. */
type Settings = Values<typeof EVERY_EVAL_EVER_OPTIONS> & { readonly out: string };

/**
 * Writes the samples, then the aggregate that has their checksum: one that is there is whole. The files
 * are named at random, so none is written over.
 *
 * @throws {UsageError} If something is not given that the schema requires.
 * @throws {Error} If the questions cannot be read.
 */
export async function writeEveryEvalEver(exported: ExportedRun, settings: Settings): Promise<void> {
  const { out, modelId, organization, relationship, dataUrl } = settings;
  const missing = ["--out", "--model-id", "--organization"]
    .filter((_, i) => [out, modelId, organization][i] === "");
  if (missing.length > 0) {
    throw new UsageError(
      `Cannot export for Every Eval Ever as it must be known who evaluated what: ${
        missing.join(", ")
      } not given`,
    );
  }
  const facts = {
    modelId,
    organization,
    relationship,
    dataUrl: dataUrl || null,
    uuid: crypto.randomUUID(),
    now: Math.floor(Date.now() / 1000),
  };
  const { samplesPath, aggregatePath } = everyEvalEverNames(exported, facts);
  const questions = await questionTexts(exported, settings.data);
  const samples = everyEvalEverSamples(exported, questions, facts);
  const { sha256, parts } = await writeWhole(join(out, samplesPath), samples);
  const aggregate = everyEvalEverAggregate(exported, facts, { sha256, rows: parts });
  await writeWhole(join(out, aggregatePath), [`${JSON.stringify(aggregate, null, 2)}\n`]);
  console.log(join(out, aggregatePath));
  console.log(join(out, samplesPath));
}

/** The texts of a run's questions, which the store does not hold. */
async function questionTexts({ run }: ExportedRun, data: string) {
  // A training run has its data set's folder alone as the data set's name.
  const { data: whereRead } = (run.options.run ?? { data: run.dataSet }) as { data: string };
  const { files } = await findLayout(
    resolve(located(data || whereRead)),
    run.identity?.dataSet.split,
  );
  const questions = await readQuestions(files.questions);
  return new Map(questions.map((question) => [question.id, question]));
}
