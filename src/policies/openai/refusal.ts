/**
 * What a server's refusal means, by its status and its text. Servers agree on neither, so texts are
 * compared with what vLLM, SGLang, llama.cpp, its Python server and hosted APIs write.
 *
 * @module
 */

/** What some servers do not know and all can do without, by the name of the request's field. */
export const EXTRAS = [
  "seed",
  "top_k",
  "min_p",
  "logprobs",
  "top_logprobs",
  "return_token_ids",
  "parallel_tool_calls",
] as const;

const CONTEXT_IS_FULL = new RegExp(
  [
    "context_length_exceeded",
    "exceed_context_size",
    "maximum (?:context|model) length",
    "exceeds? (?:the )?(?:available |model's |maximum )*context (?:size|length|window)",
    "context (?:size|length|window) (?:has been |is |was )?exceeded",
    "longer than the model's context length",
  ].join("|"),
  "i",
);

/** Whether a request was refused as the context is full. */
export function isContextFull(text: string): boolean {
  return CONTEXT_IS_FULL.test(text);
}

/** Whether a later try may have another end. */
export function isPassing(status: number): boolean {
  return status === 408 || status === 429 || (status >= 500 && status !== 501);
}

/**
 * The fields of a request that a server refuses: those that its text names; all where it names none.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { refusedFields } from "./refusal.ts";
 *
 * const fields = ["seed", "logprobs"];
 * assert.deepEqual(refusedFields(400, "Unknown argument: logprobs", fields), ["logprobs"]);
 * assert.deepEqual(refusedFields(422, "Extra inputs are not permitted", fields), fields);
 * assert.deepEqual(refusedFields(500, "Out of memory", fields), []);
 * ```
 *
 * @param fields Those of the request that it can do without.
 */
export function refusedFields(
  status: number,
  text: string,
  fields: readonly string[],
): readonly string[] {
  if (status !== 400 && status !== 422 && status < 500) return [];
  const named = fields.filter((field) => new RegExp(`\\b${field}\\b`).test(text));
  // A server that breaks over a field names it; any other 500 has another cause.
  return named.length > 0 || status >= 500 ? named : fields;
}

/**
 * What a server says for itself, in one line of at most 300 characters.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { refusalText } from "./refusal.ts";
 *
 * assert.equal(refusalText('{"error": {"message": "No such model"}}'), "No such model");
 * assert.equal(refusalText("Bad\n gateway"), "Bad gateway");
 * ```
 */
export function refusalText(body: string): string {
  const text = messageIn(body).replace(/\s+/g, " ").trim();
  if (text === "") return "no reason given";
  return text.length > 300 ? `${text.slice(0, 300)}…` : text;
}

function messageIn(body: string): string {
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch {
    return body;
  }
  const { error, message, detail } = Object(json) as Record<string, unknown>;
  const said = Object(error).message ?? error ?? message ?? detail ?? json;
  return typeof said === "string" ? said : JSON.stringify(said);
}
