/**
 * Reverse-mode differentiation of a graph of tensors.
 *
 * @module
 */

import { add } from "./operations.ts";
import type { Tensor } from "./tensor.ts";

/** Tensors from which a source can be reached, each after those it was computed from. */
function pathsTo(output: Tensor, sources: ReadonlySet<Tensor>): Tensor[] {
  const leads = new Map<Tensor, boolean>();
  const ordered: Tensor[] = [];
  const visit = (tensor: Tensor): boolean => {
    const known = leads.get(tensor);
    if (known !== undefined) return known;
    const throughInputs = (tensor.derivative?.inputs ?? []).map(visit).includes(true);
    const result = throughInputs || sources.has(tensor);
    leads.set(tensor, result);
    if (result) ordered.push(tensor);
    return result;
  };
  visit(output);
  return ordered;
}

/**
 * Gradients of `sum(output * seed)`: a vector-Jacobian product.
 *
 * @param seed Same shape as `output`.
 * @returns One gradient for each of `sources`, in their order.
 * @throws {TypeError} If no differentiable way leads from `output` to a source.
 */
export function gradients(output: Tensor, seed: Tensor, sources: readonly Tensor[]): Tensor[] {
  const path = pathsTo(output, new Set(sources));
  const onPath = new Set(path);
  const found = new Map<Tensor, Tensor>([[output, seed]]);
  for (const tensor of path.reverse()) {
    const gradient = found.get(tensor);
    if (!gradient || !tensor.derivative) continue;
    const byInputs = tensor.derivative.pullBack(gradient);
    tensor.derivative.inputs.forEach((source, i) => {
      const [before, more] = [found.get(source), byInputs[i]];
      if (more && onPath.has(source)) found.set(source, before ? add(before, more) : more);
    });
  }
  return sources.map((source) => {
    const gradient = found.get(source);
    if (!gradient) {
      throw new TypeError(
        `Cannot differentiate as the output must depend on ${
          source.source.kind === "input" ? `"${source.source.name}"` : "each source"
        }: no path leads there`,
      );
    }
    return gradient;
  });
}
