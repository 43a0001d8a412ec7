import assert from "finestep/assert";
import { chooseDevice, probeDevices } from "../../src/engines/device.ts";
import { OnnxSession } from "../../src/engines/onnx_session.ts";
import { matmul, multiply } from "../../src/models/graph/operations.ts";
import { input } from "../../src/models/graph/tensor.ts";
import { onEachDevice, onWebgpu } from "./devices.ts";

const PROBES = await probeDevices();

Deno.test("probeDevices() finds the processor, and says why others cannot be used", () => {
  assert.deepEqual(PROBES.map(({ kind }) => kind), ["cuda", "webgpu", "cpu"]);
  assert.equal(PROBES[2].problem, null);
  for (const { isThere, problem } of PROBES) {
    if (!isThere) assert.match(problem!, /see docs\/engines\.md, Devices$/);
  }
});

Deno.test("chooseDevice() takes the fastest that works for auto, and no software for a graphics card", async () => {
  const expected = PROBES.find(({ problem, isSoftware }) => problem === null && !isSoftware)!;
  const { kind, name } = await chooseDevice("auto");
  assert.deepEqual({ kind, name }, { kind: expected.kind, name: expected.name });
});

for (const { kind, problem } of PROBES) {
  Deno.test({
    name: `chooseDevice() refuses ${kind} with what to do about it`,
    ignore: problem === null,
    fn: () =>
      assert.rejects(
        chooseDevice(kind),
        (error: Error) =>
          error.message === `Cannot run on "${kind}" as the device must answer: ${problem}`,
      ),
  });
}

onEachDevice(
  "OnnxSession.runKeeping() gives outputs that other sessions are fed",
  async (device) => {
    const x = input("x", ["rows", 2]);
    const options = { threads: 1, device };
    await using doubling = await OnnxSession.create(
      { kept: multiply(x, 2), read: multiply(x, 3) },
      options,
      ["kept"],
    );
    await using flat = await OnnxSession.create({ y: multiply(input("x", ["n"]), 1) }, options);
    const first = await doubling.runKeeping({ rows: 2 }, { x: Float32Array.of(1, 2, 3, 4) });
    assert.deepEqual(first.read, { read: Float32Array.of(3, 6, 9, 12) });
    using once = first.kept.kept;
    assert.deepEqual(once.shape, [2, 2]);
    const second = await doubling.runKeeping({ rows: 2 }, { x: once });
    using twice = second.kept.kept;
    assert.deepEqual(second.read, { read: Float32Array.of(6, 12, 18, 24) });
    assert.deepEqual((await flat.run({ n: 4 }, { x: twice })).y, Float32Array.of(4, 8, 12, 16));
    await assert.rejects(flat.run({ n: 3 }, { x: twice }), /"x".*\[3\].*4 elements/);
  },
);

onWebgpu("OnnxSession.run() refuses a size of 0, which crashes there", async () => {
  const outputs = { y: matmul(input("a", [1, "n"]), input("b", ["n", 1])) };
  await using session = await OnnxSession.create(outputs, { threads: 1, device: "webgpu" });
  const none = new Float32Array(0);
  await assert.rejects(session.run({ n: 0 }, { a: none, b: none }), /at least 1 there: "n" is 0/);
});
