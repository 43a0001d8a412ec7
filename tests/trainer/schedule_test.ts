import assert from "finestep/assert";
import { defaults } from "../../src/config/option.ts";
import { learningRate, SCHEDULE_OPTIONS } from "../../src/trainer/schedule.ts";

const CONSTANT = { ...defaults(SCHEDULE_OPTIONS), learningRate: 1, trainSteps: 9 };
const COSINE = { ...CONSTANT, schedule: "cosine" } as const;

const rates = (options: Parameters<typeof learningRate>[1]) =>
  Array.from({ length: options.trainSteps }, (_, t) => learningRate(t, options));

Deno.test("learningRate() is constant from the first step without a warm-up", () => {
  assert.deepEqual(rates(CONSTANT), Array(9).fill(1));
});

Deno.test("learningRate() rises to its peak in the warm-up's last step", () => {
  const warm = rates({ ...CONSTANT, warmupSteps: 4 });
  assert.deepEqual(warm, [0.25, 0.5, 0.75, 1, 1, 1, 1, 1, 1]);
});

Deno.test("learningRate() falls along a cosine from the peak to its final share", () => {
  const falling = rates({ ...COSINE, finalLearningRate: 0.2 });
  assert.equal(falling[0], 1);
  assert(Math.abs(falling[4] - 0.6) < 1e-12);
  assert(Math.abs(falling[8] - 0.2) < 1e-12);
  assert(falling.every((rate, t) => t === 0 || rate < falling[t - 1]));
});

Deno.test("learningRate() begins the cosine after the warm-up", () => {
  const [first, second, peak, ...rest] = rates({ ...COSINE, warmupSteps: 2 });
  assert.deepEqual([first, second, peak], [0.5, 1, 1]);
  assert(Math.abs(rest.at(-1)!) < 1e-12);
});

Deno.test("learningRate() of a run of one step is its peak", () => {
  assert.deepEqual(rates({ ...COSINE, trainSteps: 1 }), [1]);
});

Deno.test("learningRate() of a run that ends within the warm-up stays on the line", () => {
  assert.deepEqual(rates({ ...COSINE, warmupSteps: 4, trainSteps: 2 }), [0.25, 0.5]);
});
