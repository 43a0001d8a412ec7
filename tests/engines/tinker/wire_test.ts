import assert from "finestep/assert";
import { passRequest } from "../../../src/engines/tinker/messages.ts";
import { Fields } from "../../../src/engines/tinker/protobuf_fields.ts";
import { PASS, pollState, SAMPLES } from "../../../src/engines/tinker/wire.ts";

// Messages of tinker 0.25 (tinker.proto.tinker_public_pb2), written by protobuf's
// SerializeToString(deterministic=True).

const fields = (hex: string) => new Fields(Uint8Array.fromHex(hex));

/** Two sequences of 2 and 1 tokens, with losses, logprobs and a metric. */
const PASS_MESSAGE =
  "0a067363616c6172127a123e0a10656c656d656e74776973655f6c6f7373122a0a0c0000803f" +
  "00000040000040401218000000000000000008000000000000000c00000000000000180112360a086c6f6770726f6273" +
  "122a0a0c000080bf000000c0000080c01218000000000000000008000000000000000c00000000000000180118021a13" +
  "0a086c6f73733a73756d11000000000000e03f";

/** -1.5 and -300 in 16 bits. */
const BFLOAT16_MESSAGE =
  "122a12260a086c6f6770726f6273121a0a04c0bf96c312100000000000000000040000000000000018041801";

const SAMPLE_MESSAGE =
  "0a1608011208070000005d5002001a08000000bf000080be0a0c1204010000001a04000040c0";

/** Protobuf parses it to the message of the same request, which it writes in another order itself. */
const REQUEST_MESSAGE =
  "0a076d6f64656c5f3110ac021a530a0c0a0a0a08050000000600000012270a0d7461726765745f746f6b656e" +
  "7312160a100600000000000000070000000000000018022002121a0a086c6f6770726f6273120e0a08000080" +
  "bf000000c0180120022213696d706f7274616e63655f73616d706c696e673001";

Deno.test("PASS reads the logprobs of each sequence", () => {
  const logprobs = [Float32Array.of(-1, -2), Float32Array.of(-4)];
  assert.deepEqual(PASS.message!(fields(PASS_MESSAGE)), logprobs);
  const tensor = (data: readonly number[]) => ({ data, dtype: "float32", shape: [data.length] });
  const json = {
    loss_fn_output_type: "scalar",
    loss_fn_outputs: [{ logprobs: tensor([-1, -2]) }, { logprobs: tensor([-4]) }],
    metrics: { "loss:sum": 0.5 },
  };
  assert.deepEqual(PASS.json.parse(json), logprobs);
});

Deno.test("PASS reads numbers of 16 bits", () => {
  assert.deepEqual(PASS.message!(fields(BFLOAT16_MESSAGE)), [Float32Array.of(-1.5, -300)]);
});

Deno.test("SAMPLES reads tokens, logprobs and why a sequence ends", () => {
  const samples = [
    { tokens: [7, 151645], logprobs: [-0.5, -0.25], stopReason: "length" },
    { tokens: [1], logprobs: [-3], stopReason: "stop" },
  ];
  assert.deepEqual(SAMPLES.message!(fields(SAMPLE_MESSAGE)), samples);
  const sequences = samples.map(({ stopReason, ...sample }) => ({
    ...sample,
    stop_reason: stopReason,
  }));
  assert.deepEqual(SAMPLES.json.parse({ sequences }), samples);
});

Deno.test("passRequest() writes a message that protobuf reads as the request", () => {
  const { path, body } = passRequest({
    modelId: "model_1",
    sequenceId: 300,
    loss: "importance_sampling",
    isForwardOnly: true,
    data: [{
      input: Int32Array.of(5, 6),
      targets: Int32Array.of(6, 7),
      floats: { logprobs: Float32Array.of(-1, -2) },
    }],
  }, "protobuf");
  assert.equal(path, "forward_backward");
  assert.equal((body as Uint8Array).toHex(), REQUEST_MESSAGE);
});

Deno.test("Fields refuses a message that is cut short, at any byte but those between its fields", () => {
  const whole = Uint8Array.fromHex(SAMPLE_MESSAGE);
  const first = whole[1] + 2;
  for (let length = 1; length < whole.length; length++) {
    if (length === first) continue;
    assert.throws(() => new Fields(whole.subarray(0, length)), /^SyntaxError: .* must be whole/);
  }
});

Deno.test("pollState() tells a failure from a wait and a result", () => {
  assert.deepEqual(pollState({ error: "no memory", category: "server" }), {
    kind: "failed",
    reason: "no memory",
  });
  assert.deepEqual(pollState({ type: "RequestFailedResponse", error_message: "no" }), {
    kind: "failed",
    reason: "no",
  });
  assert.deepEqual(pollState({ type: "try_again", queue_state: "active" }), {
    kind: "waiting",
    reason: null,
  });
  assert.deepEqual(pollState({ type: "try_again", queue_state: "paused_capacity" }), {
    kind: "waiting",
    reason: "paused_capacity",
  });
  assert.deepEqual(pollState({ status: "complete_metadata" }), { kind: "announced" });
  assert.deepEqual(pollState({ metrics: {} }), { kind: "done" });
});
