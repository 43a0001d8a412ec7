import assert from "finestep/assert";
import { AdamW, gradientNorm } from "../../src/engines/adamw.ts";
import { DeviceAdamW } from "../../src/engines/adamw_graph.ts";
import { DeviceMemory } from "../../src/engines/device_memory.ts";
import type { DeviceKind } from "../../src/engines/onnx_session.ts";
import type { NamedTensors } from "../../src/models/weights.ts";
import { onEachDevice } from "./devices.ts";

const OPTIONS = { beta1: 0.9, beta2: 0.99, epsilon: 1e-8, weightDecay: 0.5 };
const SHAPES: ReadonlyMap<string, number[]> = new Map([["matrix", [3, 70]], ["norm", [5]]]);

/** Numbers that are different for each `seed`. */
function tensors(seed: number): NamedTensors {
  return new Map(
    Array.from(SHAPES, ([name, shape]) => {
      const length = shape.reduce((a, b) => a * b);
      return [name, {
        shape,
        data: Float32Array.from({ length }, (_, i) => Math.sin(seed * 100 + i + name.length)),
      }];
    }),
  );
}

function data(named: NamedTensors) {
  return new Map(Array.from(named, ([name, { data }]) => [name, data]));
}

/** An optimizer on a device, and a way to give it gradients. */
class Bench implements AsyncDisposable {
  private constructor(
    readonly optimizer: DeviceAdamW,
    readonly memory: DeviceMemory,
  ) {}

  static async create(device: DeviceKind): Promise<Bench> {
    const session = { threads: 1, device };
    return new Bench(
      await DeviceAdamW.create(tensors(0), OPTIONS, session),
      await DeviceMemory.create(session),
    );
  }

  async give(gradients: NamedTensors): Promise<void> {
    const onDevice: Record<string, Awaited<ReturnType<DeviceMemory["put"]>>> = {};
    for (const [name, { data }] of gradients) onDevice[name] = await this.memory.put(data);
    await this.optimizer.accumulate(onDevice);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.optimizer[Symbol.asyncDispose]();
    await this.memory[Symbol.asyncDispose]();
  }
}

function assertClose(actual: ArrayLike<number>, expected: ArrayLike<number>, what: string) {
  assert.equal(actual.length, expected.length);
  for (let i = 0; i < expected.length; i++) {
    assert.ok(Math.abs(actual[i] - expected[i]) < 1e-6, `${what}: ${actual[i]} ${expected[i]}`);
  }
}

onEachDevice("DeviceAdamW.step() changes weights and moments as AdamW does", async (device) => {
  await using bench = await Bench.create(device);
  const weights = tensors(0);
  const expected = new AdamW(weights, OPTIONS);
  for (const seed of [1, 2, 3]) {
    await bench.give(tensors(seed));
    await bench.optimizer.step(0.1, 1 / seed);
    expected.step(data(tensors(seed)), 0.1, 1 / seed);
  }
  const actual = await bench.optimizer.tensors();
  const all = new Map([...weights, ...expected.moments]);
  assert.deepEqual([...actual.keys()], [...all.keys()]);
  for (const [name, { shape, data }] of all) {
    assert.deepEqual(actual.get(name)!.shape, shape);
    assertClose(actual.get(name)!.data, data, name);
  }
});

onEachDevice("DeviceAdamW.accumulate() adds gradients up, and steps begin anew", async (device) => {
  await using bench = await Bench.create(device);
  for (const seed of [1, 2]) await bench.give(tensors(seed));
  const [first, second] = [data(tensors(1)), data(tensors(2))];
  const sum = new Map(
    Array.from(first, ([name, a]) => [name, a.map((x, i) => x + second.get(name)![i])]),
  );
  assertClose([await bench.optimizer.gradientNorm()], [gradientNorm(sum)], "norm");
  await bench.optimizer.step(0.1, 1);
  assert.equal(await bench.optimizer.gradientNorm(), 0);
});

onEachDevice("DeviceAdamW.step() without gradients goes on by momentum", async (device) => {
  await using bench = await Bench.create(device);
  const weights = tensors(0);
  const expected = new AdamW(weights, OPTIONS);
  const zeros = new Map(Array.from(weights, ([name, { data }]) => [name, data.map(() => 0)]));
  await bench.give(tensors(1));
  for (const gradients of [data(tensors(1)), zeros]) {
    await bench.optimizer.step(0.1, 1);
    expected.step(gradients, 0.1, 1);
  }
  const actual = await bench.optimizer.tensors();
  for (const [name, { data }] of weights) assertClose(actual.get(name)!.data, data, name);
});

onEachDevice("DeviceAdamW.gradientNorm() is not finite when any element is not", async (device) => {
  await using bench = await Bench.create(device);
  const gradients = tensors(1);
  gradients.get("matrix")!.data[100] = Infinity;
  await bench.give(gradients);
  assert.equal(Number.isFinite(await bench.optimizer.gradientNorm()), false);
  bench.optimizer.discard();
  assert.equal(await bench.optimizer.gradientNorm(), 0);
});

onEachDevice("DeviceAdamW.restore() goes on as from where tensors() were taken", async (device) => {
  await using bench = await Bench.create(device);
  await bench.give(tensors(1));
  await bench.optimizer.step(0.1, 1);
  const saved = await bench.optimizer.tensors();
  const goOn = async () => {
    await bench.give(tensors(2));
    await bench.optimizer.step(0.1, 1);
    return await bench.optimizer.tensors();
  };
  const expected = await goOn();
  bench.optimizer.steps = 1;
  await bench.optimizer.restore(saved);
  assert.deepEqual(await goOn(), expected);
});
