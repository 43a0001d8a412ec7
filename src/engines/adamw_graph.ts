/**
 * AdamW of weights that stay on a device, as adamw.ts has it for arrays: gradients are added up,
 * measured and applied there, and a step moves only its constants and the gradient's norm.
 *
 * Each graph works on one flat weight at a time, so that old and new weights are never there twice
 * as a whole.
 *
 * @module
 */

import { add, multiply, subtract, sumOver } from "../models/graph/operations.ts";
import { input, operation, type Tensor } from "../models/graph/tensor.ts";
import type { NamedTensors } from "../models/weights.ts";
import { elementCount } from "../models/weights.ts";
import type { AdamOptions } from "./adamw.ts";
import { DeviceMemory } from "./device_memory.ts";
import { type DeviceTensor, OnnxSession, type SessionOptions } from "./onnx_session.ts";

/** Gradients that stay on the device, by the name of their weight. */
export type DeviceGradients = Readonly<Record<string, DeviceTensor>>;

/** What is kept of one weight. */
interface Slot {
  readonly shape: readonly number[];
  weight: DeviceTensor;
  m: DeviceTensor;
  v: DeviceTensor;
  /** Sum of the gradients since the last step; null before the first. */
  gradient: DeviceTensor | null;
}

type Part = "weight" | "m" | "v";

/** The optimizer and the weights that it changes, all on one device. */
export class DeviceAdamW implements AsyncDisposable {
  readonly #options: AdamOptions;
  readonly #memory: DeviceMemory;
  readonly #sum: OnnxSession;
  readonly #squares: OnnxSession;
  readonly #change: OnnxSession;
  readonly #slots = new Map<string, Slot>();
  /** Steps made so far. */
  steps = 0;

  private constructor(
    options: AdamOptions,
    memory: DeviceMemory,
    sessions: readonly [sum: OnnxSession, squares: OnnxSession, change: OnnxSession],
  ) {
    this.#options = options;
    this.#memory = memory;
    [this.#sum, this.#squares, this.#change] = sessions;
  }

  /** Copies the weights to the device, with moments of zero. */
  static async create(
    weights: NamedTensors,
    options: AdamOptions,
    session: SessionOptions,
  ): Promise<DeviceAdamW> {
    const optimizer = new DeviceAdamW(options, await DeviceMemory.create(session), [
      await OnnxSession.create(sumGraph(), session, ["sum"]),
      await OnnxSession.create(squaresGraph(), session, ["total"]),
      await OnnxSession.create(changeGraph(options), session, ["weight", "m", "v"]),
    ]);
    for (const [name, { shape, data }] of weights) {
      const zeros = zerosOf(shape);
      optimizer.#slots.set(name, {
        shape,
        weight: await optimizer.#memory.put(data),
        m: await optimizer.#memory.put(zeros),
        v: await optimizer.#memory.put(zeros),
        gradient: null,
      });
    }
    return optimizer;
  }

  /** The weights as they are now, to be fed; a step disposes of them. */
  get weights(): Readonly<Record<string, DeviceTensor>> {
    return Object.fromEntries(Array.from(this.#slots, ([name, { weight }]) => [name, weight]));
  }

  /** Adds to the gradients of the next step, and takes the tensors over. */
  async accumulate(gradients: DeviceGradients): Promise<void> {
    for (const [name, slot] of this.#slots) {
      const [before, more] = [slot.gradient, gradients[name]];
      slot.gradient = before ? await this.#added(before, more) : more;
    }
  }

  /** L2 norm of all gradients together; not finite when any element is not. */
  async gradientNorm(): Promise<number> {
    let total = await this.#memory.put(Float32Array.of(0));
    for (const { shape, gradient } of this.#slots.values()) {
      if (!gradient) continue;
      const width = shape.at(-1) ?? 1;
      const sizes = { rows: elementCount(shape) / width, width };
      const { kept } = await this.#squares.runKeeping(sizes, { before: total, gradient });
      total[Symbol.dispose]();
      total = kept.total;
    }
    const [squares] = await this.#memory.read(total);
    total[Symbol.dispose]();
    return Math.sqrt(squares);
  }

  /**
   * Changes every weight by its gradient times `scale`, and begins anew to add gradients up. A weight
   * without one goes on by its momentum.
   */
  async step(learningRate: number, scale: number): Promise<void> {
    this.steps++;
    const { beta1, beta2, weightDecay } = this.#options;
    const put = (value: number) => this.#memory.put(Float32Array.of(value));
    const common = {
      scale: await put(scale),
      rate: await put(learningRate / (1 - beta1 ** this.steps)),
      unbias: await put(1 / (1 - beta2 ** this.steps)),
    };
    const [decayed, spared] = [await put(1 - learningRate * weightDecay), await put(1)];
    for (const slot of this.#slots.values()) {
      const keep = slot.shape.length > 1 ? decayed : spared;
      const gradient = slot.gradient ?? await this.#memory.put(zerosOf(slot.shape));
      await this.#changeOne(slot, gradient, { ...common, keep });
    }
    // Waits for the device, so that the time of a step is its own and not that of the next run.
    await this.#memory.read(common.rate);
    for (const constant of [...Object.values(common), decayed, spared]) constant[Symbol.dispose]();
  }

  /** Forgets the gradients that were added up. */
  discard(): void {
    for (const slot of this.#slots.values()) {
      slot.gradient?.[Symbol.dispose]();
      slot.gradient = null;
    }
  }

  /** Copies of weights and of moments, these under `adam.m.*` and `adam.v.*`. */
  async tensors(): Promise<NamedTensors> {
    const copies = new Map<string, { readonly shape: readonly number[]; data: Float32Array }>();
    for (const [name, slot, part] of this.#parts()) {
      copies.set(name, { shape: slot.shape, data: await this.#memory.read(slot[part]) });
    }
    return copies;
  }

  /** Puts copies of {@linkcode tensors} back; names and shapes must be those of the weights. */
  async restore(tensors: NamedTensors): Promise<void> {
    for (const [name, slot, part] of this.#parts()) {
      slot[part][Symbol.dispose]();
      slot[part] = await this.#memory.put(tensors.get(name)!.data);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.discard();
    for (const [, slot, part] of this.#parts()) slot[part][Symbol.dispose]();
    for (const session of [this.#sum, this.#squares, this.#change, this.#memory]) {
      await session[Symbol.asyncDispose]();
    }
  }

  async #added(before: DeviceTensor, more: DeviceTensor): Promise<DeviceTensor> {
    const sizes = { n: elementCount(before.shape) };
    const { kept } = await this.#sum.runKeeping(sizes, { before, more });
    before[Symbol.dispose]();
    more[Symbol.dispose]();
    return kept.sum;
  }

  async #changeOne(
    slot: Slot,
    gradient: DeviceTensor,
    constants: Readonly<Record<string, DeviceTensor>>,
  ): Promise<void> {
    const { weight, m, v } = slot;
    const feeds = { "before.weight": weight, "before.m": m, "before.v": v, gradient, ...constants };
    const { kept } = await this.#change.runKeeping({ n: elementCount(slot.shape) }, feeds);
    for (const old of [weight, m, v, gradient]) old[Symbol.dispose]();
    Object.assign(slot, kept, { gradient: null });
  }

  /** Weights, then the moments, by their names in a state. */
  *#parts(): Generator<[name: string, slot: Slot, part: Part]> {
    for (const [name, slot] of this.#slots) yield [name, slot, "weight"];
    for (const [name, slot] of this.#slots) yield [`adam.m.${name}`, slot, "m"];
    for (const [name, slot] of this.#slots) yield [`adam.v.${name}`, slot, "v"];
  }
}

function zerosOf(shape: readonly number[]): Float32Array {
  return new Float32Array(elementCount(shape));
}

function sumGraph() {
  return { sum: add(input("before", ["n"]), input("more", ["n"])) };
}

/** Rows are summed before columns, so that many threads of the device have a sum to make. */
function squaresGraph() {
  const gradient = input("gradient", ["rows", "width"]);
  const squares = sumOver(sumOver(multiply(gradient, gradient), 1), 0);
  return { total: add(input("before", [1, 1]), squares) };
}

function changeGraph({ beta1, beta2, epsilon }: AdamOptions) {
  const flat = (name: string) => input(name, ["n"]);
  const constant = (name: string) => input(name, [1]);
  const gradient = multiply(flat("gradient"), constant("scale"));
  const m = mixed(flat("before.m"), gradient, beta1);
  const v = mixed(flat("before.v"), multiply(gradient, gradient), beta2);
  const root = operation("Sqrt", [multiply(v, constant("unbias"))], ["n"]);
  const change = operation("Div", [multiply(m, constant("rate")), add(root, epsilon)], ["n"]);
  return { weight: subtract(multiply(flat("before.weight"), constant("keep")), change), m, v };
}

/** `share * before + (1 - share) * now` */
function mixed(before: Tensor, now: Tensor, share: number): Tensor {
  return add(multiply(before, share), multiply(now, 1 - share));
}
