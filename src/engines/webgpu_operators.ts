/**
 * Operators that ONNX Runtime's WebGPU provider lacks, made of those that it has: each that is
 * missing moves its input to the processor and its output back, for a table of logits hundreds of
 * megabytes.
 *
 * @module
 */

import { exponential, subtract, sumOver } from "../models/graph/operations.ts";
import type { Outputs } from "../models/graph/onnx_model.ts";
import { integers, operation, type Tensor } from "../models/graph/tensor.ts";

/** What each operator is replaced by, over its inputs. */
const REPLACEMENTS: Readonly<Record<string, (x: Tensor) => Tensor>> = {
  // The provider has Softmax, but a logarithm of that is infinite for chances below 1e-38.
  LogSoftmax: (x) => {
    const column = [...x.shape.slice(0, -1), 1];
    const last = integers([x.shape.length - 1]);
    const shifted = subtract(x, operation("ReduceMax", [x, last], column, { keepdims: 1 }));
    const total = sumOver(exponential(shifted), x.shape.length - 1);
    return subtract(shifted, operation("Log", [total], column));
  },
};

/** The same computation in operators that the WebGPU provider has. */
export function onWebgpu(outputs: Outputs): Outputs {
  const known = new Map<Tensor["source"], Tensor>();
  const rewritten = (tensor: Tensor): Tensor => {
    const { source } = tensor;
    if (source.kind !== "operation") return tensor;
    const before = known.get(source);
    // The same result may be known under another shape.
    if (before) return { ...tensor, source: before.source };
    const inputs = source.inputs.map(rewritten);
    const replacement = REPLACEMENTS[source.operator]?.(inputs[0]);
    const result = { ...tensor, source: replacement?.source ?? { ...source, inputs } };
    known.set(source, result);
    return result;
  };
  return Object.fromEntries(
    Object.entries(outputs).map(([name, tensor]) => [name, rewritten(tensor)]),
  );
}
