/**
 * Reverse-mode differentiation of a graph of tensors.
 *
 * @module
 */

import { add, multiply } from "./operations.ts";
import { differentiable, type Tensor } from "./tensor.ts";

/**
 * Tensors from which a source can be reached, each after those it was computed from. Nothing is
 * followed beyond a source.
 */
function pathsTo(output: Tensor, sources: ReadonlySet<Tensor>): Tensor[] {
  const leads = new Map<Tensor, boolean>();
  const ordered: Tensor[] = [];
  const visit = (tensor: Tensor): boolean => {
    const known = leads.get(tensor);
    if (known !== undefined) return known;
    const result = sources.has(tensor) ||
      (tensor.derivative?.inputs ?? []).map(visit).includes(true);
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
 * @param sources None of them computed from another.
 * @returns One gradient for each of `sources`, in their order.
 * @throws {TypeError} If no differentiable way leads from `output` to a source.
 */
export function gradients(output: Tensor, seed: Tensor, sources: readonly Tensor[]): Tensor[] {
  const isSource = new Set(sources);
  const path = pathsTo(output, isSource);
  const onPath = new Set(path);
  const found = new Map<Tensor, Tensor>([[output, seed]]);
  for (const tensor of path.reverse()) {
    const gradient = found.get(tensor);
    if (!gradient || !tensor.derivative || isSource.has(tensor)) continue;
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

/**
 * What `layer` makes of `x`, computed a second time when gradients go back through it, so that what
 * is inside need not be kept from the forward pass: memory falls from that of all layers to that of
 * one, for a third more arithmetic (Chen et al., 2016, arXiv 1604.06174).
 *
 * @param weights What else of `layer` gradients are wanted by.
 */
export function recomputed(
  layer: (x: Tensor) => Tensor,
  x: Tensor,
  weights: readonly Tensor[],
): Tensor {
  return differentiable(layer(x), [x, ...weights], (gradient) => {
    // Adding nothing of the gradient makes the runtime wait for it. Else it may well compute all
    // layers again at once, and hold them all. What is not finite would spoil the gradients anyway.
    const again = add(x, multiply(gradient, 0));
    return gradients(layer(again), gradient, [again, ...weights]);
  });
}
