/**
 * Requests of passes over a model as the Tinker API writes them, in JSON and in Protocol Buffers
 * (tinker_public.proto of the tinker SDK 0.25).
 *
 * @module
 */

import { bytesField, concatenated, integerField, textField } from "../../models/graph/protobuf.ts";

/** How requests of passes are written; answers say themselves how they are. */
export type Wire = "protobuf" | "json";

/** Content type of a message. */
export const PROTOBUF = "application/x-protobuf";

/** One sequence of a pass: tokens, and for each the one that follows with what the loss needs of it. */
export interface Datum {
  /** All tokens but the last, shape (n,). */
  readonly input: Int32Array;
  /** All tokens but the first, shape (n,). */
  readonly targets: Int32Array;
  /** Further inputs of the loss by name, shape (n,) each. */
  readonly floats: Readonly<Record<string, Float32Array>>;
}

/** A forward pass, or one with gradients, over some sequences. */
export interface Pass {
  readonly modelId: string;
  readonly sequenceId: number;
  readonly loss: string;
  readonly data: readonly Datum[];
  /** Whether no gradients are wanted. */
  readonly isForwardOnly: boolean;
}

/** What was sampled after one prompt. */
export interface Sample {
  readonly tokens: readonly number[];
  readonly logprobs: readonly number[];
  readonly stopReason: "stop" | "length";
}

/** The path and the body of a pass's request. */
export function passRequest(pass: Pass, wire: Wire): { path: string; body: object | Uint8Array } {
  if (wire === "protobuf") return { path: "forward_backward", body: passMessage(pass) };
  const { modelId, sequenceId, loss, data, isForwardOnly } = pass;
  const input = { loss_fn: loss, loss_fn_config: null, data: data.map(datumJson) };
  return {
    path: isForwardOnly ? "forward" : "forward_backward",
    body: {
      model_id: modelId,
      seq_id: sequenceId,
      [isForwardOnly ? "forward_input" : "forward_backward_input"]: input,
    },
  };
}

function passMessage({ modelId, sequenceId, loss, data, isForwardOnly }: Pass): Uint8Array {
  return concatenated([
    textField(1, modelId),
    integerField(2, sequenceId),
    ...data.map((datum) => bytesField(3, datumMessage(datum))),
    textField(4, loss),
    integerField(6, Number(isForwardOnly)),
  ]);
}

/** The public wire has int64 and float32 alone; tokens of the input are packed as int32. */
const FLOAT32 = 1;
const INT64 = 2;

function datumMessage({ input, targets, floats }: Datum): Uint8Array {
  const chunk = bytesField(1, bytesField(1, bytesOf(input)));
  return concatenated([
    bytesField(1, chunk),
    tensorMessage("target_tokens", BigInt64Array.from(targets, BigInt), INT64),
    ...Object.entries(floats).map(([name, values]) => tensorMessage(name, values, FLOAT32)),
  ]);
}

/** An entry of a map from names to tensors. */
function tensorMessage(name: string, values: BigInt64Array | Float32Array, type: number) {
  const tensor = [
    bytesField(1, bytesOf(values)),
    integerField(3, type),
    integerField(4, values.length),
  ];
  return bytesField(2, textField(1, name), bytesField(2, ...tensor));
}

/** In the order of this machine: little-endian, as are all that Deno runs on. */
function bytesOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array {
  return new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength);
}

function datumJson({ input, targets, floats }: Datum) {
  const tensor = (dtype: string, data: ArrayLike<number>) => ({
    data: Array.from(data),
    dtype,
    shape: [data.length],
  });
  return {
    model_input: { chunks: [{ type: "encoded_text", tokens: Array.from(input) }] },
    loss_fn_inputs: {
      target_tokens: tensor("int64", targets),
      ...Object.fromEntries(
        Object.entries(floats).map(([name, values]) => [name, tensor("float32", values)]),
      ),
    },
  };
}
