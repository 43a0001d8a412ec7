/**
 * The server's side of the messages: reads requests of passes, writes results of passes and samples.
 *
 * @module
 */

import {
  bytesField,
  concatenated,
  integerField,
  textField,
} from "../../../src/models/graph/protobuf.ts";
import { Fields } from "../../../src/engines/tinker/protobuf_fields.ts";

/** A pass as a server reads it. */
export interface PassRequest {
  readonly modelId: string;
  readonly sequenceId: number;
  readonly loss: string;
  readonly isForwardOnly: boolean;
  readonly data: readonly {
    /** With the last target, shape (L,). */
    readonly ids: Int32Array;
    /** Inputs of the loss, shape (L - 1,) each. */
    readonly inputs: Readonly<Record<string, readonly number[]>>;
  }[];
}

export function passOfMessage(bytes: Uint8Array): PassRequest {
  const fields = new Fields(bytes);
  return {
    modelId: fields.text(1),
    sequenceId: fields.integer(2),
    loss: fields.text(4),
    isForwardOnly: fields.integer(6) === 1,
    data: fields.messages(3).map((datum) => {
      const tokens = datum.messages(1)[0].messages(1)[0].bytes(1)!;
      const inputs = Object.fromEntries(
        Array.from(datum.map(2), ([name, entry]) => [name, numbers(entry.messages(2)[0])]),
      );
      return datumOf([...new Int32Array(tokens.slice().buffer)], inputs);
    }),
  };
}

function numbers(tensor: Fields): number[] {
  const { buffer } = tensor.bytes(1)!.slice();
  return tensor.integer(3) === 2
    ? [...new BigInt64Array(buffer)].map(Number)
    : [...new Float32Array(buffer)];
}

// deno-lint-ignore no-explicit-any
export function passOfJson(json: any): PassRequest {
  const input = json.forward_input ?? json.forward_backward_input;
  return {
    modelId: json.model_id,
    sequenceId: json.seq_id,
    loss: input.loss_fn,
    isForwardOnly: json.forward_input !== undefined,
    // deno-lint-ignore no-explicit-any
    data: input.data.map(({ model_input, loss_fn_inputs }: any) =>
      datumOf(
        model_input.chunks[0].tokens,
        Object.fromEntries(
          // deno-lint-ignore no-explicit-any
          Object.entries<any>(loss_fn_inputs).map(([name, { data }]) => [name, data]),
        ),
      )
    ),
  };
}

function datumOf(tokens: readonly number[], inputs: Record<string, number[]>) {
  return { ids: Int32Array.from([...tokens, inputs.target_tokens.at(-1)!]), inputs };
}

/** The result of a pass. */
export function passMessage(logprobs: readonly Float64Array[]): Uint8Array<ArrayBuffer> {
  const offsets = logprobs.reduce((ends, { length }) => [...ends, ends.at(-1)! + 4 * length], [0]);
  const tensor = [
    bytesField(1, concatenated(logprobs.map((values) => bytesOf(Float32Array.from(values))))),
    bytesField(2, bytesOf(BigInt64Array.from(offsets, BigInt))),
    integerField(3, 1),
  ];
  const field = bytesField(2, textField(1, "logprobs"), bytesField(2, ...tensor));
  return concatenated([bytesField(2, field, integerField(3, logprobs.length))]);
}

/** The result of sampling one sequence. */
export function sampleMessage(
  { tokens, logprobs, isStopped }: {
    readonly tokens: readonly number[];
    readonly logprobs: readonly number[];
    readonly isStopped: boolean;
  },
): Uint8Array<ArrayBuffer> {
  const sequence = [
    integerField(1, Number(!isStopped)),
    bytesField(2, bytesOf(Int32Array.from(tokens))),
    bytesField(3, bytesOf(Float32Array.from(logprobs))),
  ];
  return concatenated([bytesField(1, ...sequence)]);
}

function bytesOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array {
  return new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength);
}
