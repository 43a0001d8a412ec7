/**
 * Whether a device computes what the processor computes, and how fast: one command for a machine with
 * a graphics card, which downloads nothing. It also runs on the processor.
 *
 * `deno task gpu_check [--device auto] [--shapes fixture,135M,0.6B] [--quick] [--output path]` prints
 * tables, and writes them with a record to `path.txt` and `path.json`. Exits with 1 where the device
 * is wrong.
 *
 * @module
 */

import { parseArgs } from "node:util";
import { sourceCommit } from "../src/cli/program.ts";
import { chooseDevice } from "../src/engines/device.ts";
import { DEVICE_CHOICES } from "../src/engines/options.ts";
import { productSpeed } from "../src/engines/product_speed.ts";
import { ONNXRUNTIME_VERSION } from "../src/engines/onnx_session.ts";
import { PLAIN } from "../src/reports/style.ts";
import { table } from "../src/reports/table.ts";
import { copies, errors, generationSpeed, trainingSpeed } from "./gpu_check/measures.ts";
import { parameterCount, SHAPES } from "./gpu_check/shapes.ts";

const { values: flags } = parseArgs({
  options: {
    device: { type: "string", default: "auto" },
    shapes: { type: "string", default: Object.keys(SHAPES).join(",") },
    quick: { type: "boolean", default: false },
    output: { type: "string" },
  },
});

/** Largest share of the largest number that may differ from the processor's. */
const TOLERANCE = 1e-4;
const BATCHES = [1, 16, 64];

const lines: string[] = [];
const say = (text: string) => {
  console.log(text);
  lines.push(text);
};

const device = await chooseDevice(known("device", DEVICE_CHOICES, flags.device));
const shapeNames = flags.shapes.split(",").map((name) => known("shape", Object.keys(SHAPES), name));
for (const reason of device.passedOver) say(`not used: ${reason}`);
const session = { threads: navigator.hardwareConcurrency, device: device.kind };
const record = {
  date: new Date().toISOString(),
  device: device.name,
  commit: await sourceCommit(),
  versions: { deno: Deno.version.deno, onnxruntime: ONNXRUNTIME_VERSION },
  quick: flags.quick,
  ...await measured(),
};
const isRight = record.shapes.every(({ errors }) =>
  Math.max(errors.logprobs, errors.gradients) <= TOLERANCE
);
say(isRight ? "The device agrees with the processor." : "The device DIFFERS from the processor.");
if (flags.output) {
  Deno.writeTextFileSync(`${flags.output}.json`, `${JSON.stringify(record, null, 2)}\n`);
  Deno.writeTextFileSync(`${flags.output}.txt`, `${lines.join("\n")}\n`);
}
Deno.exitCode = isRight ? 0 : 1;

function known<T extends string>(what: string, names: readonly T[], name: string): T {
  const found = names.find((one) => one === name);
  if (found) return found;
  throw new RangeError(`Cannot check ${what} "${name}" as it must be one of ${names.join(", ")}`);
}

async function measured() {
  say(`device: ${device.name}; commit ${await sourceCommit()}`);
  const moved = await copies(session, flags.quick ? 4 : 64);
  say(
    `copies: ${moved.toDevice.toFixed(3)} ms/MB to the device, ${moved.back.toFixed(3)} ms/MB back`,
  );
  const products = await productSpeeds();
  const each = products.map(({ size, flops }) => `${tera(flops)} at ${size}`).join(", ");
  say(`square products in float32, TFLOP/s: ${each}`);
  const peak = Math.max(...products.map(({ flops }) => flops));
  const shapes = [];
  for (const name of shapeNames) shapes.push(await checked(name, peak));
  return { copies: moved, products, shapes };
}

async function productSpeeds() {
  const sizes = flags.quick ? [256, 512] : [512, 1024, 2048, 4096, 8192];
  // Five products of the largest take a minute on two cores, and tell nothing new there.
  const tried = device.kind === "cpu" ? sizes.slice(0, 3) : sizes;
  const products: { size: number; flops: number }[] = [];
  for (const size of tried) {
    products.push({ size, flops: await productSpeed(session, { size, tries: 9 }) });
  }
  return products;
}

async function checked(name: string, peak: number) {
  const given = SHAPES[name];
  const shape = flags.quick ? { ...given, training: { batch: 2, length: 64 } } : given;
  say(`\n${name}: ${(parameterCount(shape.config) / 1e6).toFixed(1)} million weights`);
  const found = await errors(shape, session);
  say(
    `largest difference from the processor: logprobs ${
      found.logprobs.toExponential(1)
    }, gradients ${found.gradients.toExponential(1)}`,
  );
  const generation = [];
  for (const batch of BATCHES) {
    const tokens = flags.quick ? 8 : 64;
    const tokensPerSecond = await generationSpeed(shape, session, { batch, tokens });
    generation.push({ batch, tokensPerSecond });
  }
  say(table(
    [{ heading: "conversations", align: "right" }, { heading: "tokens/s", align: "right" }],
    generation.map(({ batch, tokensPerSecond }) => [`${batch}`, tokensPerSecond.toFixed(0)]),
    PLAIN,
  ));
  const training = await trainingSpeed(shape, session);
  say(table(
    [
      { heading: "tokens a training step", align: "right" },
      { heading: "gradient ms", align: "right" },
      { heading: "AdamW ms", align: "right" },
      { heading: "TFLOP/s", align: "right" },
      { heading: "of peak", align: "right" },
    ],
    [[
      `${training.tokens}`,
      training.gradientMs.toFixed(1),
      training.optimizerMs.toFixed(1),
      tera(training.flops),
      `${(100 * training.flops / peak).toFixed(0)} %`,
    ]],
    PLAIN,
  ));
  return { name, errors: found, generation, training };
}

function tera(flops: number): string {
  return (flops / 1e12).toPrecision(3);
}
