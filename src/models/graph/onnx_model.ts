/**
 * Writes a graph of tensors as an ONNX model.
 *
 * Field numbers are those of onnx.proto (ModelProto, GraphProto, NodeProto, ...).
 *
 * @module
 */

import { bytesField, concatenated, integerField, textField } from "./protobuf.ts";
import type { Attributes, Shape, Tensor } from "./tensor.ts";

/** A computation by the names of its results. */
export type Outputs = Readonly<Record<string, Tensor>>;

/** A serialized graph and what it wants at each run. */
export interface OnnxModel {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Tensors to be fed, by name. */
  readonly inputs: ReadonlyMap<string, Tensor>;
  /** Shapes to be fed as whole numbers, by name. */
  readonly shapes: ReadonlyMap<string, Shape>;
  readonly outputs: Outputs;
}

const IR_VERSION = 8;
const OPSET_VERSION = 18;
const ELEMENT_TYPES = { float32: 1, int64: 7 } as const;
/** AttributeProto: number of the field that holds a value, and of the type that says so. */
const ATTRIBUTE = {
  integer: { field: 3, type: 2 },
  text: { field: 4, type: 3 },
  integers: { field: 8, type: 7 },
} as const;

/**
 * Serializes what `outputs` need, each operation once and after its inputs.
 *
 * Operations follow the order of `outputs`, so naming early what can be freed early saves memory.
 */
export function onnxModel(outputs: Outputs): OnnxModel {
  const names = new Map<Tensor["source"], string>();
  const outputNames = new Map(Object.entries(outputs).map(([name, { source }]) => [source, name]));
  const inputs = new Map<string, Tensor>();
  const shapes = new Map<string, Shape>();
  const nodes: Uint8Array[] = [];
  const constants: Uint8Array[] = [];

  const visit = (tensor: Tensor): string => {
    const known = names.get(tensor.source);
    if (known !== undefined) return known;
    const name = place(tensor);
    names.set(tensor.source, name);
    return name;
  };
  const place = ({ source, shape, type }: Tensor): string => {
    if (source.kind === "input") {
      inputs.set(source.name, { source, shape, type, derivative: null });
      return source.name;
    }
    if (source.kind === "shape") {
      const name = `shape:${source.shape}`;
      shapes.set(name, source.shape);
      return name;
    }
    if (source.kind === "constant") {
      const name = `constant:${constants.length}`;
      constants.push(bytesField(5, tensorProto(name, shape, type, source.data)));
      return name;
    }
    const inputNames = source.inputs.map(visit);
    const name = outputNames.get(source) ?? `${source.operator}:${nodes.length}`;
    nodes.push(bytesField(1, node(source.operator, inputNames, name, source.attributes)));
    return name;
  };

  const results = Object.entries(outputs).map(([name, tensor]) => {
    const given = visit(tensor);
    // An input, or a tensor that is an output under another name as well.
    if (given !== name) nodes.push(bytesField(1, node("Identity", [given], name, {})));
    return bytesField(12, valueInfo(name, tensor));
  });
  const graph = [
    ...nodes,
    textField(2, "finestep"),
    ...constants,
    ...[...inputs].map(([name, tensor]) => bytesField(11, valueInfo(name, tensor))),
    ...[...shapes].map(([name, shape]) =>
      bytesField(11, valueInfo(name, { shape: [shape.length], type: "int64" }))
    ),
    ...results,
  ];
  return { bytes: modelProto(graph), inputs, shapes, outputs };
}

function modelProto(graph: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  return concatenated([
    integerField(1, IR_VERSION),
    bytesField(7, ...graph),
    bytesField(8, textField(1, ""), integerField(2, OPSET_VERSION)),
  ]);
}

function node(
  operator: string,
  inputs: readonly string[],
  output: string,
  attributes: Attributes,
): Uint8Array {
  return concatenated([
    ...inputs.map((name) => textField(1, name)),
    textField(2, output),
    textField(4, operator),
    ...Object.entries(attributes).map(([name, value]) => bytesField(5, attribute(name, value))),
  ]);
}

function attribute(name: string, value: Attributes[string]): Uint8Array {
  const head = textField(1, name);
  if (typeof value === "string") {
    return concatenated([
      head,
      textField(ATTRIBUTE.text.field, value),
      integerField(20, ATTRIBUTE.text.type),
    ]);
  }
  if (typeof value !== "number") {
    return concatenated([
      head,
      ...value.map((item) => integerField(ATTRIBUTE.integers.field, item)),
      integerField(20, ATTRIBUTE.integers.type),
    ]);
  }
  const { field, type } = ATTRIBUTE.integer;
  return concatenated([head, integerField(field, value), integerField(20, type)]);
}

function tensorProto(
  name: string,
  shape: Shape,
  type: Tensor["type"],
  data: Float32Array | BigInt64Array,
): Uint8Array {
  return concatenated([
    ...shape.map((size) => integerField(1, Number(size))),
    integerField(2, ELEMENT_TYPES[type]),
    textField(8, name),
    bytesField(9, new Uint8Array(data.buffer, data.byteOffset, data.byteLength)),
  ]);
}

function valueInfo(name: string, { shape, type }: Pick<Tensor, "shape" | "type">): Uint8Array {
  const sizes = shape.map((size) =>
    bytesField(1, typeof size === "number" ? integerField(1, size) : textField(2, size))
  );
  const tensorType = bytesField(
    1,
    integerField(1, ELEMENT_TYPES[type]),
    bytesField(2, ...sizes),
  );
  return concatenated([textField(1, name), bytesField(2, tensorType)]);
}
