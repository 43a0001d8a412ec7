/**
 * `task.json`: says of a folder of questions which task they are of, `{ "task": "calculator" }`. A folder
 * without one holds Text-to-SQL.
 *
 * @module
 */

import { join } from "node:path";
import { parsedJson } from "./bird_format.ts";

/**
 * The name of a folder's task; null where it does not say.
 *
 * @throws {SyntaxError} If the file is not JSON.
 * @throws {TypeError} If it names no task.
 */
export async function taskOf(directory: string): Promise<string | null> {
  const path = join(directory, "task.json");
  const text = await textOf(path);
  if (text === null) return null;
  const entry = parsedJson(text, path) as { readonly task?: unknown } | null;
  if (typeof entry?.task === "string") return entry.task;
  throw new TypeError(`Cannot read ${path} as "task" must be a name: it is ${entry?.task}`);
}

async function textOf(path: string): Promise<string | null> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) {
      return null;
    }
    throw error;
  }
}
