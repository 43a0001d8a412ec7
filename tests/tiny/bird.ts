/**
 * A tiny data set in BIRD's form: two databases, 12 questions to train on and 8 to evaluate on.
 *
 * @module
 */

import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

/** SQL that runs on both databases; each is the gold SQL of a quarter of the questions. */
export const STATEMENTS = [
  "SELECT count(*) FROM item",
  "SELECT max(price) FROM item",
  "SELECT min(price) FROM item",
  "SELECT name FROM item WHERE price > 2",
];

const ASKED = [
  "How many items are there?",
  "What is the highest price?",
  "What is the lowest price?",
  "Which items cost more than 2?",
];

const PRICES: Readonly<Record<string, readonly number[]>> = {
  kiosk: [1, 2, 3, 5, 8],
  market: [4, 4, 6, 7, 9, 11, 15],
};

/** A question as the file has it. */
export type TinyQuestion = Record<string, unknown> & { readonly SQL: string };

/** Questions of a split. */
export function tinyQuestions(split: "train" | "dev"): TinyQuestion[] {
  const count = split === "train" ? 12 : 8;
  return Array.from({ length: count }, (_, n) => ({
    question_id: n,
    db_id: Object.keys(PRICES)[Math.floor(n / STATEMENTS.length) % 2],
    question: `${ASKED[n % STATEMENTS.length]} (${split} ${n})`,
    evidence: "",
    SQL: STATEMENTS[n % STATEMENTS.length],
    difficulty: n % 2 === 0 ? "simple" : "moderate",
  }));
}

/** Writes `train.json`, `dev.json` and the databases, which both splits share. */
export async function writeTinyBird(directory: string): Promise<void> {
  for (const split of ["train", "dev"] as const) {
    await Deno.mkdir(directory, { recursive: true });
    await Deno.writeTextFile(
      join(directory, `${split}.json`),
      JSON.stringify(tinyQuestions(split), null, 1),
    );
  }
  for (const id of Object.keys(PRICES)) writeDatabase(join(directory, "dev_databases", id), id);
}

function writeDatabase(directory: string, id: string): void {
  Deno.mkdirSync(directory, { recursive: true });
  const database = new DatabaseSync(join(directory, `${id}.sqlite`));
  database.exec("CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT, price INTEGER)");
  const insert = database.prepare("INSERT INTO item (name, price) VALUES (?, ?)");
  PRICES[id].forEach((price, n) => insert.run(`${id} ${n}`, price));
  database.close();
}
