/**
 * Quarantine lists: the questions of one data set whose gold SQL is unsound, with the reasons, in a
 * file that evaluations name by its version. The same data give the same file, but for ties at LIMIT,
 * which are looked for at random.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { z } from "zod";
import { newerForm } from "../config/form.ts";
import { parsedJson } from "./bird_format.ts";
import type { Dataset } from "./dataset.ts";
import type { DatasetFingerprint } from "./fingerprint.ts";
import { detailOf, type GoldReport, REASONS } from "./gold_check.ts";

const SCHEMA = "finestep.quarantine/1";

const COUNT = z.int().nonnegative();
const SHA256 = z.string().regex(/^[0-9a-f]{64}$/);
const REASON = z.enum(Object.keys(REASONS) as [keyof typeof REASONS]);

const CONTENT = z.strictObject({
  schema: z.literal(SCHEMA),
  generatedBy: z.string(),
  dataSet: z.strictObject({
    name: z.string().min(1),
    split: z.string(),
    questionsSha256: SHA256,
    databasesSha256: SHA256,
  }),
  /** Under what the gold SQL ran. */
  checked: z.strictObject({
    sqlite: z.string(),
    now: z.string(),
    timeoutMs: COUNT,
    maxRows: COUNT,
    maxBytes: COUNT,
  }),
  /** Questions by reason; one question may have several. */
  counts: z.partialRecord(REASON, COUNT),
  /** In the order of the data set. */
  questions: z.array(z.strictObject({
    id: z.string(),
    database: z.string(),
    reasons: z.array(REASON).nonempty(),
    /** For people: SQLite's message, or what the reasons mean. */
    detail: z.string(),
  })),
});

type Content = z.infer<typeof CONTENT>;

/** A list as its file has it. */
export type Quarantine = Content & {
  /** The first 12 hexadecimal digits of the SHA-256 of the content as JSON without spaces. */
  readonly version: string;
};

/**
 * The list of what a check found.
 *
 * @param checked Under what the gold SQL ran.
 */
export function quarantineOf(
  { name, split }: Pick<Dataset, "name" | "split">,
  fingerprint: DatasetFingerprint,
  report: GoldReport,
  checked: Content["checked"],
): Quarantine {
  const content: Content = {
    schema: SCHEMA,
    generatedBy: "finestep data check",
    dataSet: { name, split, ...fingerprint },
    checked,
    counts: Object.fromEntries(report.byReason),
    questions: report.checks
      .filter(({ reasons }) => reasons.length > 0)
      .map((check) => ({
        id: check.example.id,
        database: check.example.database.id,
        reasons: [...check.reasons] as Content["questions"][number]["reasons"],
        detail: detailOf(check),
      })),
  };
  return { ...content, version: versionOf(content) };
}

/** The text of a list's file. */
export function quarantineText(list: Quarantine): string {
  return JSON.stringify(list, null, 2) + "\n";
}

/**
 * Reads a list and makes sure that it is of this data set.
 *
 * @throws {Error} If the file cannot be read, or is of another data set, with both hashes.
 * @throws {SyntaxError | TypeError} As {@linkcode parseQuarantine}.
 */
export async function readQuarantine(
  path: string,
  fingerprint: DatasetFingerprint,
): Promise<Quarantine> {
  const list = parseQuarantine(await Deno.readTextFile(path), path);
  for (
    const [what, key] of [["questions", "questionsSha256"], [
      "databases",
      "databasesSha256",
    ]] as const
  ) {
    if (list.dataSet[key] === fingerprint[key]) continue;
    throw new Error(
      `Cannot use quarantine list ${path} as it must be of the data set evaluated: its ${what} are ` +
        `${
          list.dataSet[key].slice(0, 12)
        } (${list.dataSet.name} ${list.dataSet.split}), those here ` +
        `are ${fingerprint[key].slice(0, 12)}`,
    );
  }
  return list;
}

/**
 * A list from the text of its file.
 *
 * @param file Path or name of the file, for error messages.
 * @throws {SyntaxError} If the text is not JSON.
 * @throws {TypeError} If it is no list, of another schema, or not as it was written.
 */
export function parseQuarantine(text: string, file: string): Quarantine {
  const { version, ...content } = Object(parsedJson(text, file)) as Record<string, unknown>;
  const newer = newerForm(content.schema, SCHEMA);
  if (newer) throw new TypeError(`Cannot read quarantine list ${file} as ${newer}`);
  if (content.schema !== SCHEMA) {
    throw new TypeError(
      `Cannot read quarantine list ${file} as its schema must be ${SCHEMA}: found ${
        JSON.stringify(content.schema) ?? "none"
      }`,
    );
  }
  const expected = versionOf(content);
  if (version !== expected) {
    throw new TypeError(
      `Cannot read quarantine list ${file} as its version must be that of its content, as written by ` +
        `"finestep data check": it says ${
          JSON.stringify(version) ?? "none"
        }, the content is ${expected}`,
    );
  }
  const parsed = CONTENT.safeParse(content);
  if (parsed.success) return { ...parsed.data, version };
  const { path, message } = parsed.error.issues[0];
  throw new TypeError(
    `Cannot read quarantine list ${file} as "${path.join(".")}" is wrong: ${message}`,
  );
}

function versionOf(content: unknown): string {
  return createHash("sha256").update(JSON.stringify(content)).digest("hex").slice(0, 12);
}
