/**
 * Answers of the Tinker API: JSON for all, and Protocol Buffers where servers give these
 * (tinker_public.proto of the tinker SDK 0.25).
 *
 * @module
 */

import { z } from "zod";
import type { Sample } from "./messages.ts";
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

/** What an optimizer step tells of itself; what is not a number has no place in JSON and is null. */
export const METRICS: Decoder<Readonly<Record<string, number>>> = {
  json: z.object({ metrics: z.record(z.string(), z.number().nullable()).nullish() }).nullable()
    .transform((json) =>
      Object.fromEntries(
        Object.entries(json?.metrics ?? {}).map(([name, value]) => [name, value ?? NaN]),
      )
    ),
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

/** The model that saved weights are of. */
export const WEIGHTS_INFO: Decoder<string> = {
  json: z.object({ base_model: z.string() }).transform(({ base_model }) => base_model),
};

/** Rank and alpha out of an archive's adapter_config.json. */
export const ADAPTER_CONFIG = z.object({
  peft_type: z.literal("LORA"),
  r: z.number().int().positive(),
  lora_alpha: z.number().positive(),
}).transform(({ r: rank, lora_alpha: alpha }) => ({ rank, alpha }));

/** What is paused is told with its reason; an operation whose turn has not come is not. */
const TRY_AGAIN = z.object({
  type: z.literal("try_again"),
  queue_state: z.string().nullish(),
  queue_state_reason: z.string().nullish(),
}).transform(({ queue_state: state, queue_state_reason: reason }) =>
  reason ?? (state === "active" ? null : state ?? null)
);
const METADATA = z.object({ status: z.literal("complete_metadata") });
const FAILED = z.union([
  z.object({ error: z.string() }),
  z.object({ type: z.literal("RequestFailedResponse"), error_message: z.string() }),
]);

/** What an answer to a poll says of the result. */
export type PollState =
  | { readonly kind: "announced" }
  | { readonly kind: "done" }
  | { readonly kind: "waiting"; readonly reason: string | null }
  | { readonly kind: "failed"; readonly reason: string };

/** Reads an answer to a poll. */
export function pollState(json: unknown): PollState {
  const failed = FAILED.safeParse(json);
  if (failed.success) {
    const { data } = failed;
    return { kind: "failed", reason: "error" in data ? data.error : data.error_message };
  }
  const waiting = TRY_AGAIN.safeParse(json);
  if (waiting.success) return { kind: "waiting", reason: waiting.data };
  return METADATA.safeParse(json).success ? { kind: "announced" } : { kind: "done" };
}

const NUMBERS = z.array(z.number().nullable()).transform((values) =>
  Float32Array.from(values, (value) => value ?? NaN)
);

const PASS_JSON = z.object({
  loss_fn_outputs: z.array(z.object({ logprobs: z.object({ data: NUMBERS }) })),
}).transform(({ loss_fn_outputs }) => loss_fn_outputs.map(({ logprobs }) => logprobs.data));

const SAMPLES_JSON = z.object({
  sequences: z.array(z.object({
    tokens: z.array(z.number().int()),
    logprobs: z.array(z.number()),
    stop_reason: z.enum(["stop", "length"]),
  })),
}).transform(({ sequences }): Sample[] =>
  sequences.map(({ stop_reason, ...sample }) => ({ ...sample, stopReason: stop_reason }))
);

/** The logprobs that a pass found, of the targets of each sequence, shape (n,) each. */
export const PASS: Decoder<readonly Float32Array[]> = {
  json: PASS_JSON,
  message: (fields) =>
    fields.messages(2).flatMap((record) => {
      const tensor = record.map(2).get("logprobs")?.messages(2)[0];
      if (tensor) return batchedFloats(tensor);
      throw new SyntaxError('Cannot read a pass as it must have "logprobs": there are none');
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
