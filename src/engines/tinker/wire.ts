/**
 * Answers of the Tinker API: JSON for all, and Protocol Buffers where servers give these
 * (tinker_public.proto of the tinker SDK 0.25).
 *
 * @module
 */

import { z } from "zod";
import type { PassOutput, Sample } from "./messages.ts";
import type { Fields } from "./protobuf_fields.ts";

/** How an answer is read. */
export interface Decoder<T> {
  readonly json: z.ZodType<T>;
  /** Where answers come as messages. */
  readonly message?: (fields: Fields) => T;
}

/** An answer that says nothing. */
export const ANYTHING: Decoder<unknown> = { json: z.unknown() };

/** The models that a server has. */
export const CAPABILITIES: Decoder<string[]> = {
  json: z.object({
    supported_models: z.array(z.object({ model_name: z.string().nullish() })),
  }).transform((json) => json.supported_models.flatMap(({ model_name }) => model_name ?? [])),
};

/** The id of a new session. */
export const SESSION: Decoder<string> = {
  json: z.object({ session_id: z.string() }).transform(({ session_id }) => session_id),
};

/** The id of a new model. */
export const MODEL: Decoder<string> = {
  json: z.object({ model_id: z.string() }).transform(({ model_id }) => model_id),
};

/** The id of what is to be asked for. */
export const PROMISE: Decoder<string> = {
  json: z.object({ request_id: z.union([z.string(), z.number()]) })
    .transform(({ request_id }) => String(request_id)),
};

const NUMBERS_BY_NAME = z.record(z.string(), z.number().nullable()).nullish()
  .transform((metrics) =>
    Object.fromEntries(Object.entries(metrics ?? {}).map(([name, value]) => [name, value ?? NaN]))
  );

/** What an optimizer step tells of itself. */
export const METRICS: Decoder<Readonly<Record<string, number>>> = {
  json: z.object({ metrics: NUMBERS_BY_NAME }).nullable().transform((json) => json?.metrics ?? {}),
};

/** The server's name of what it has saved. */
export const SAVED: Decoder<string> = {
  json: z.object({ path: z.string() }).transform(({ path }) => path),
};

/** The id of a session that samples from what was saved. */
export const SAVED_SAMPLER: Decoder<string> = {
  json: z.object({ sampling_session_id: z.string() })
    .transform(({ sampling_session_id }) => sampling_session_id),
};

/** Rank and alpha out of an archive's adapter_config.json. */
export const ADAPTER_CONFIG = z.object({
  peft_type: z.literal("LORA"),
  r: z.number().int().positive(),
  lora_alpha: z.number().positive(),
}).transform(({ r: rank, lora_alpha: alpha }) => ({ rank, alpha }));

const TRY_AGAIN = z.object({ type: z.literal("try_again") });
const METADATA = z.object({ status: z.literal("complete_metadata") });
const FAILED = z.union([
  z.object({ error: z.string() }),
  z.object({ type: z.literal("RequestFailedResponse"), error_message: z.string() }),
]);

/** What an answer to a poll says of the result. */
export function pollState(
  json: unknown,
): { readonly kind: "waiting" | "announced" | "done" } | { kind: "failed"; reason: string } {
  const failed = FAILED.safeParse(json);
  if (failed.success) {
    const { data } = failed;
    return { kind: "failed", reason: "error" in data ? data.error : data.error_message };
  }
  if (TRY_AGAIN.safeParse(json).success) return { kind: "waiting" };
  return { kind: METADATA.safeParse(json).success ? "announced" : "done" };
}

const NUMBERS = z.array(z.number().nullable()).transform((values) =>
  Float32Array.from(values, (value) => value ?? NaN)
);

const PASS_JSON = z.object({
  loss_fn_outputs: z.array(z.object({ logprobs: z.object({ data: NUMBERS }) })),
  metrics: NUMBERS_BY_NAME,
}).transform(({ loss_fn_outputs, metrics }): PassOutput => ({
  logprobs: loss_fn_outputs.map(({ logprobs }) => logprobs.data),
  metrics,
}));

const SAMPLES_JSON = z.object({
  sequences: z.array(z.object({
    tokens: z.array(z.number().int()),
    logprobs: z.array(z.number()),
    stop_reason: z.enum(["stop", "length"]),
  })),
}).transform(({ sequences }): Sample[] =>
  sequences.map(({ stop_reason, ...sample }) => ({ ...sample, stopReason: stop_reason }))
);

/** The answer of a pass. */
export const PASS: Decoder<PassOutput> = {
  json: PASS_JSON,
  message: (fields) => ({
    logprobs: fields.messages(2).flatMap((record) => {
      const tensor = record.map(2).get("logprobs")?.messages(2)[0];
      if (tensor) return batchedFloats(tensor);
      throw new SyntaxError('Cannot read a pass as it must have "logprobs": there are none');
    }),
    metrics: Object.fromEntries(
      Array.from(fields.map(3), ([name, entry]) => [name, entry.double(2)]),
    ),
  }),
};

/** The answer of a request to sample. */
export const SAMPLES: Decoder<Sample[]> = {
  json: SAMPLES_JSON,
  message: (fields) =>
    fields.messages(1).map((sequence) => ({
      tokens: [...new Int32Array(copied(sequence.bytes(2)))],
      logprobs: [...new Float32Array(copied(sequence.bytes(3)))],
      stopReason: sequence.integer(1) === 0 ? "stop" : "length",
    })),
};

/** The arrays of a BatchedTensor, which stand end to end at byte offsets. */
function batchedFloats(tensor: Fields): Float32Array[] {
  const type = tensor.integer(3);
  const offsets = [...new BigInt64Array(copied(tensor.bytes(2)))].map(Number);
  const data = copied(tensor.bytes(1));
  return offsets.slice(1).map((end, n) => floats(data.slice(offsets[n], end), type));
}

/** Of DType. */
const FLOAT32 = 1;
const BFLOAT16 = 4;

function floats(bytes: ArrayBuffer, type: number): Float32Array {
  if (type === FLOAT32) return new Float32Array(bytes);
  if (type !== BFLOAT16) {
    throw new SyntaxError(`Cannot read a tensor as it must be of floats: its type is ${type}`);
  }
  return new Float32Array(Uint32Array.from(new Uint16Array(bytes), (half) => half << 16).buffer);
}

/** Bytes at the beginning of a buffer of their own, as arrays of numbers need them. */
function copied(bytes: Uint8Array | null): ArrayBuffer {
  return Uint8Array.from(bytes ?? []).buffer;
}
