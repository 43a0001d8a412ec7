/**
 * BIRD's column descriptions: `database_description/<table>.csv`, in the encodings and shapes that
 * the published files really have.
 *
 * @module
 */

import { parse } from "csv-parse/sync";

/** Descriptions of one table's columns, by column name in lower case. */
export type Descriptions = ReadonlyMap<string, string>;

/**
 * Decodes a description file: UTF-8 with or without a byte order mark, else windows-1252, in which
 * several of BIRD's files were saved.
 */
export function decodedText(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder("windows-1252").decode(bytes);
  }
}

/**
 * Column descriptions from the text of one CSV file: what the column means, then what its values
 * mean, on one line. Columns without either are left out.
 *
 * @example A description with the meaning of its values
 * ```ts
 * import assert from "node:assert/strict";
 * import { parseDescriptions } from "./descriptions.ts";
 *
 * const csv = "original_column_name,column_name,column_description,data_format,value_description\n" +
 *   'Sex,,sex of the patient,text,"F: female\nM: male"\n';
 * assert.equal(parseDescriptions(csv, "patient.csv").get("sex"), "sex of the patient; F: female M: male");
 * ```
 *
 * @param file Path or name of the file, for error messages.
 * @throws {SyntaxError} If the text is not CSV, or has no header with `original_column_name`.
 */
export function parseDescriptions(text: string, file: string): Descriptions {
  const [header = [], ...rows] = records(text, file);
  const indexOf = (name: string) => header.findIndex((cell) => cell.trim().toLowerCase() === name);
  const column = indexOf("original_column_name");
  if (column < 0) {
    throw new SyntaxError(
      `Cannot read ${file} as its header must name "original_column_name": found ${header.join()}`,
    );
  }
  const parts = [indexOf("column_description"), indexOf("value_description")];
  return new Map(rows.flatMap((row): [string, string][] => {
    const name = oneLine(row[column]).toLowerCase();
    const description = parts.map((part) => oneLine(row[part])).filter(Boolean).join("; ");
    return name && description ? [[name, description]] : [];
  }));
}

function records(text: string, file: string): string[][] {
  try {
    return parse(text, { relax_column_count: true, relax_quotes: true, skip_empty_lines: true });
  } catch (error) {
    throw new SyntaxError(`Cannot read ${file} as it must be CSV: ${(error as Error).message}`);
  }
}

/** Collapses white space, and the control and replacement characters of broken encodings. */
function oneLine(cell: string | undefined): string {
  // deno-lint-ignore no-control-regex
  return (cell ?? "").replace(/[\s\u0000-\u001f\u007f-\u009f\ufffd]+/g, " ").trim();
}
