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
/** TensorProto: the elements are elsewhere. */
const EXTERNAL = 1;
/** AttributeProto: number of the field that holds a value, and of the type that says so. */
const ATTRIBUTE = {
  integer: { field: 3, type: 2 },
  text: { field: 4, type: 3 },
  integers: { field: 8, type: 7 },
} as const;

/**
 * Serializes what `outputs` need, each operation once and after its inputs, in the order of `outputs`.
 *
 * @param constants Inputs that are part of the model instead. Their bytes are not in it, but in
 * files of their names, which may be in memory.
 */
export function onnxModel(outputs: Outputs, constants: ReadonlySet<string> = new Set()): OnnxModel {
  const writer = new GraphWriter(outputs, constants);
  for (const [name, tensor] of Object.entries(outputs)) writer.output(name, tensor);
  const { inputs, shapes } = writer;
  return { bytes: modelProto(writer.fields()), inputs, shapes, outputs };
}

/** Collects the fields of a GraphProto while it walks from the outputs to the inputs. */
class GraphWriter {
  readonly inputs = new Map<string, Tensor>();
  readonly shapes = new Map<string, Shape>();
  readonly #outputNames: ReadonlyMap<Tensor["source"], string>;
  readonly #given: ReadonlySet<string>;
  readonly #names = new Map<Tensor["source"], string>();
  readonly #nodes: Uint8Array[] = [];
  readonly #constants: Uint8Array[] = [];
  readonly #outputs: Uint8Array[] = [];

  constructor(outputs: Outputs, given: ReadonlySet<string>) {
    this.#given = given;
    this.#outputNames = new Map(
      Object.entries(outputs).map(([name, { source }]) => [source, name]),
    );
  }

  output(name: string, tensor: Tensor): void {
    const given = this.#nameOf(tensor);
    // An input, or a tensor that is an output under another name as well.
    if (given !== name) this.#node("Identity", [given], name, {});
    this.#outputs.push(bytesField(12, valueInfo(name, tensor)));
  }

  fields(): Uint8Array[] {
    const shapeInputs = Array.from(
      this.shapes,
      ([name, shape]) => valueInfo(name, { shape: [shape.length], type: "int64" }),
    );
    const inputs = Array.from(this.inputs, ([name, tensor]) => valueInfo(name, tensor));
    return [
      ...this.#nodes,
      textField(2, "finestep"),
      ...this.#constants,
      ...[...inputs, ...shapeInputs].map((info) => bytesField(11, info)),
      ...this.#outputs,
    ];
  }

  #nameOf(tensor: Tensor): string {
    const known = this.#names.get(tensor.source);
    if (known !== undefined) return known;
    const name = this.#placed(tensor);
    this.#names.set(tensor.source, name);
    return name;
  }

  /** Writes a tensor that has not been met yet; its name. */
  #placed(tensor: Tensor): string {
    const { source } = tensor;
    switch (source.kind) {
      case "input":
        if (this.#given.has(source.name)) {
          this.#constants.push(bytesField(5, externalProto(source.name, tensor)));
        } else this.inputs.set(source.name, tensor);
        return source.name;
      case "shape":
        this.shapes.set(`shape:${source.shape}`, source.shape);
        return `shape:${source.shape}`;
      case "constant": {
        const name = `constant:${this.#constants.length}`;
        this.#constants.push(bytesField(5, tensorProto(name, tensor, source.data)));
        return name;
      }
      case "operation": {
        const { operator, inputs, attributes } = source;
        const names = inputs.map((input) => this.#nameOf(input));
        const name = this.#outputNames.get(source) ?? `${operator}:${this.#nodes.length}`;
        this.#node(operator, names, name, attributes);
        return name;
      }
    }
  }

  #node(operator: string, inputs: string[], output: string, attributes: Attributes): void {
    this.#nodes.push(bytesField(
      1,
      ...inputs.map((name) => textField(1, name)),
      textField(2, output),
      textField(4, operator),
      ...Object.entries(attributes).map(([name, value]) => bytesField(5, attribute(name, value))),
    ));
  }
}

function modelProto(graph: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  return concatenated([
    integerField(1, IR_VERSION),
    bytesField(7, ...graph),
    bytesField(8, textField(1, ""), integerField(2, OPSET_VERSION)),
  ]);
}

function attribute(name: string, value: Attributes[string]): Uint8Array {
  const kind = typeof value === "string"
    ? ATTRIBUTE.text
    : typeof value === "number"
    ? ATTRIBUTE.integer
    : ATTRIBUTE.integers;
  const values = typeof value === "string"
    ? [textField(kind.field, value)]
    : [value].flat().map((item) => integerField(kind.field, Number(item)));
  return concatenated([textField(1, name), ...values, integerField(20, kind.type)]);
}

function tensorProto(
  name: string,
  { shape, type }: Pick<Tensor, "shape" | "type">,
  data: Float32Array | BigInt64Array,
): Uint8Array {
  return concatenated([
    ...shape.map((size) => integerField(1, Number(size))),
    integerField(2, ELEMENT_TYPES[type]),
    textField(8, name),
    bytesField(9, new Uint8Array(data.buffer, data.byteOffset, data.byteLength)),
  ]);
}

/** A tensor whose elements are a file of their own. */
function externalProto(name: string, { shape, type }: Tensor): Uint8Array {
  return concatenated([
    ...shape.map((size) => integerField(1, Number(size))),
    integerField(2, ELEMENT_TYPES[type]),
    textField(8, name),
    bytesField(13, textField(1, "location"), textField(2, name)),
    integerField(14, EXTERNAL),
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
