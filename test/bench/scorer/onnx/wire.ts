// As much of ONNX's protobuf as our graphs need, written. Field numbers: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto

/** A field, encoded. */
type Bytes = Uint8Array;

const DATA_TYPES = { f32: 1, u8: 2, i8: 3, i32: 6, i64: 7 } as const;
export type DataType = keyof typeof DATA_TYPES;

const ATTRIBUTE_INT = 2;
const IR_VERSION = 8;
/** Operator sets: ONNX's own, and onnxruntime's additions. */
const OPERATOR_SETS = [
  { domain: "", version: 17 },
  { domain: "com.microsoft", version: 1 },
];

export interface OnnxTensor {
  readonly type: DataType;
  readonly dims: readonly number[];
  readonly data: Float32Array | Int8Array | Uint8Array | Int32Array | BigInt64Array;
}

/** Names of tensors in and out; "" is an input left out. */
export interface OnnxNode {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly domain?: "com.microsoft";
  readonly ints?: Readonly<Record<string, number>>;
}

/** A tensor that the caller gives or gets; a dimension that is a name may vary. */
export interface OnnxPort {
  readonly name: string;
  readonly type: DataType;
  readonly dims: readonly (number | string)[];
}

export interface OnnxGraph {
  readonly inputs: readonly OnnxPort[];
  readonly outputs: readonly OnnxPort[];
  readonly constants: ReadonlyMap<string, OnnxTensor>;
  readonly nodes: readonly OnnxNode[];
}

/** The bytes of an .onnx file. */
export function writeOnnx(graph: OnnxGraph): Bytes {
  return join([
    integer(1, IR_VERSION),
    message(7, writeGraph(graph)),
    ...OPERATOR_SETS.map(({ domain, version }) => message(8, [text(1, domain), integer(2, version)])),
  ]);
}

function writeGraph({ inputs, outputs, constants, nodes }: OnnxGraph): Bytes[] {
  return [
    ...nodes.map((node) => message(1, writeNode(node))),
    text(2, "scorer"),
    ...[...constants].map(([name, tensor]) => message(5, writeTensor(name, tensor))),
    ...inputs.map((port) => message(11, writePort(port))),
    ...outputs.map((port) => message(12, writePort(port))),
  ];
}

function writeNode({ op, inputs, outputs, domain, ints = {} }: OnnxNode): Bytes[] {
  return [
    ...inputs.map((name) => text(1, name)),
    ...outputs.map((name) => text(2, name)),
    text(4, op),
    ...Object.entries(ints).map(([name, value]) => message(5, [text(1, name), integer(3, value), integer(20, ATTRIBUTE_INT)])),
    ...(domain ? [text(7, domain)] : []),
  ];
}

function writeTensor(name: string, { type, dims, data }: OnnxTensor): Bytes[] {
  const raw = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return [...dims.map((size) => integer(1, size)), integer(2, DATA_TYPES[type]), text(8, name), block(9, raw)];
}

function writePort({ name, type, dims }: OnnxPort): Bytes[] {
  const shape = dims.map((size) => message(1, [typeof size === "number" ? integer(1, size) : text(2, size)]));
  return [text(1, name), message(2, [message(1, [integer(1, DATA_TYPES[type]), message(2, shape)])])];
}

const VARINT = 0;
const LENGTH_DELIMITED = 2;

const integer = (field: number, value: number): Bytes => join([varint(field * 8 + VARINT), varint(value)]);
const text = (field: number, value: string): Bytes => block(field, new TextEncoder().encode(value));
const message = (field: number, parts: readonly Bytes[]): Bytes => block(field, join(parts));

function block(field: number, content: Bytes): Bytes {
  return join([varint(field * 8 + LENGTH_DELIMITED), varint(content.length), content]);
}

/** Of a whole number >= 0, seven bits a byte, the lowest first. */
function varint(value: number): Bytes {
  const bytes: number[] = [];
  for (; value >= 128; value = Math.floor(value / 128)) bytes.push((value % 128) + 128);
  return Uint8Array.of(...bytes, value);
}

function join(parts: readonly Bytes[]): Bytes {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
