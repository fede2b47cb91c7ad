/** An ONNX graph while it is put together: operators by name, constants, and the model around it (onnx/onnx.proto). */
import { ProtoWriter } from "./protobuf.ts";

/** Element types of onnx.TensorProto. */
const elementTypes = { float: 1, uint8: 2, int64: 7, string: 8, bool: 9, double: 11 } as const;
export type ElementType = keyof typeof elementTypes;

export interface Tensor {
  readonly type: "double" | "int64" | "float";
  readonly shape: readonly number[];
  readonly values: ArrayLike<number>;
}

export type Attribute =
  | number
  | { readonly float: number }
  | string
  | readonly string[]
  | { readonly ints: ArrayLike<number> }
  | Tensor;

interface ValueInfo {
  readonly name: string;
  readonly type: ElementType;
  /** A text stands for a size that is not known. */
  readonly shape: readonly (number | string)[];
}

/** Versions of the operator sets; 3 is the first of the trees that knows 64-bit thresholds. */
const opset = 18;
const mlOpset = 3;
const irVersion = 8;

export class OnnxGraph {
  readonly #nodes: Uint8Array[] = [];
  readonly #constants: Uint8Array[] = [];
  readonly #inputs: ValueInfo[] = [];
  readonly #outputs: ValueInfo[] = [];
  #count = 0;

  input(name: string, type: ElementType, shape: ValueInfo["shape"]): string {
    this.#inputs.push({ name, type, shape });
    return name;
  }

  output(name: string, from: string, type: ElementType, shape: ValueInfo["shape"]): void {
    this.#node("Identity", [from], [name], {}, "");
    this.#outputs.push({ name, type, shape });
  }

  /** A constant; returns its name. */
  constant(tensor: Tensor): string {
    const name = `constant_${this.#count++}`;
    this.#constants.push(encodeTensor(tensor, name));
    return name;
  }

  doubles(values: ArrayLike<number>, shape: readonly number[] = [values.length]): string {
    return this.constant({ type: "double", shape, values });
  }

  integers(...values: number[]): string {
    return this.constant({ type: "int64", shape: [values.length], values });
  }

  /** An operator with one output, whose name is returned. */
  op(
    type: string,
    inputs: readonly string[],
    attributes: Record<string, Attribute> = {},
    domain = "",
  ): string {
    return this.ops(type, inputs, 1, attributes, domain)[0];
  }

  ops(
    type: string,
    inputs: readonly string[],
    count: number,
    attributes: Record<string, Attribute> = {},
    domain = "",
  ): string[] {
    const outputs = Array.from({ length: count }, () => `${type.toLowerCase()}_${this.#count++}`);
    this.#node(type, inputs, outputs, attributes, domain);
    return outputs;
  }

  /** The file. */
  encode(name: string, producer: { name: string; version: string }): Uint8Array {
    const model = new ProtoWriter();
    model.int(1, irVersion).text(2, producer.name).text(3, producer.version);
    model.message(7, (graph) => {
      for (const node of this.#nodes) graph.bytes(1, node);
      graph.text(2, name);
      for (const constant of this.#constants) graph.bytes(5, constant);
      for (const input of this.#inputs) graph.message(11, (info) => encodeInfo(info, input));
      for (const output of this.#outputs) graph.message(12, (info) => encodeInfo(info, output));
    });
    for (const [domain, version] of [["", opset] as const, ["ai.onnx.ml", mlOpset] as const])
      model.message(8, (set) => set.text(1, domain).int(2, version));
    return model.finish();
  }

  #node(
    type: string,
    inputs: readonly string[],
    outputs: readonly string[],
    attributes: Record<string, Attribute>,
    domain: string,
  ): void {
    const node = new ProtoWriter();
    for (const input of inputs) node.text(1, input);
    for (const output of outputs) node.text(2, output);
    node.text(3, `node_${this.#nodes.length}`).text(4, type);
    for (const [name, value] of Object.entries(attributes))
      node.message(5, (writer) => encodeAttribute(writer, name, value));
    if (domain !== "") node.text(7, domain);
    this.#nodes.push(node.finish());
  }
}

function encodeInfo(writer: ProtoWriter, { name, type, shape }: ValueInfo): void {
  writer.text(1, name).message(2, (kind) =>
    kind.message(1, (tensor) => {
      tensor.int(1, elementTypes[type]).message(2, (dims) => {
        for (const size of shape)
          dims.message(1, (dim) => (typeof size === "number" ? dim.int(1, size) : dim.text(2, size)));
      });
    }),
  );
}

function encodeTensor({ type, shape, values }: Tensor, name: string): Uint8Array {
  const writer = new ProtoWriter();
  for (const size of shape) writer.int(1, size);
  writer.int(2, elementTypes[type]).text(8, name);
  const bits =
    type === "double"
      ? Float64Array.from(values)
      : type === "float"
        ? Float32Array.from(values)
        : BigInt64Array.from(values as ArrayLike<number> as number[], BigInt);
  return writer.bytes(9, new Uint8Array(bits.buffer)).finish();
}

/** Kinds of onnx.AttributeProto: 1 float, 2 int, 3 string, 4 tensor, 7 ints, 8 strings. */
function encodeAttribute(writer: ProtoWriter, name: string, value: Attribute): void {
  writer.text(1, name);
  if (typeof value === "number") writer.int(3, value).int(20, 2);
  else if (typeof value === "string") writer.text(4, value).int(20, 3);
  else if (Array.isArray(value)) {
    for (const item of value as readonly string[]) writer.text(9, item);
    writer.int(20, 8);
  } else if ("ints" in value) writer.ints(8, value.ints).int(20, 7);
  else if ("float" in value) writer.float(2, value.float).int(20, 1);
  else writer.bytes(5, encodeTensor(value as Tensor, name)).int(20, 4);
}
