/**
 * Which data a result rests on: hashes of the files themselves, whatever they are called.
 *
 * @module
 */

import { createHash } from "node:crypto";
import type { Dataset } from "./dataset.ts";

/** SHA-256 in hexadecimal. */
export interface DatasetFingerprint {
  /** Of the question file. */
  readonly questionsSha256: string;
  /** Of the lines `<id> <SHA-256 of the SQLite file>`, sorted, of the databases that are used. */
  readonly databasesSha256: string;
}

/**
 * The hashes of a data set's question file and databases.
 *
 * @param fileSha256 The SHA-256 of a file in hexadecimal; large databases are read once where it
 * remembers.
 */
export async function datasetFingerprint(
  { files, databases }: Pick<Dataset, "files" | "databases">,
  fileSha256: (path: string) => string | Promise<string>,
): Promise<DatasetFingerprint> {
  const lines = await Promise.all(
    databases.map(async ({ id, path }) => `${id} ${await fileSha256(path)}\n`),
  );
  return {
    questionsSha256: await fileSha256(files.questions),
    databasesSha256: createHash("sha256").update(lines.sort().join("")).digest("hex"),
  };
}
