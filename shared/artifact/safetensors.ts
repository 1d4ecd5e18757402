// The weights container: safetensors (https://github.com/huggingface/safetensors), read and written.
import * as v from "valibot";
import { CodedError, problemsOf } from "../schemas/coded-error.ts";
import { int } from "../schemas/numbers.ts";
import { strictObject } from "../schemas/objects.ts";

/** Element types that we write. */
export type Dtype = "F32" | "I8" | "I32";

/** A named array. `data` is row-major; `shape` multiplies to its length. */
export interface Tensor {
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly data: Float32Array | Int8Array | Int32Array;
}

const arrayOf = { F32: Float32Array, I8: Int8Array, I32: Int32Array } as const;

const LENGTH_BYTES = 8;
const ALIGNMENT_BYTES = 8;
const MAX_HEADER_BYTES = 100_000_000; // the limit of the reference implementation
const METADATA = "__metadata__";
const OPENING_BRACE = 0x7b;

const size = v.pipe(int, v.minValue(0));
const Entry = strictObject({
  dtype: v.picklist(["F32", "I8", "I32"]),
  shape: v.array(size),
  data_offsets: v.strictTuple([size, size]),
});
type Entry = v.InferOutput<typeof Entry>;

/**
 * The bytes of a safetensors file: u64 header length, JSON header padded with spaces to 8 bytes, then the tensors without gaps.
 * Widest elements come first, then by name, so that each tensor is aligned to its own element and the same tensors always give
 * the same bytes. Throws a plain `Error` where a shape does not fit its data.
 *
 * @example const bytes = writeSafetensors(new Map([["bias", { dtype: "F32", shape: [1], data: Float32Array.of(0.5) }]]));
 */
export function writeSafetensors(tensors: ReadonlyMap<string, Tensor>): Uint8Array<ArrayBuffer> {
  const parts = safetensorsParts(tensors);
  const bytes = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let end = 0;
  for (const part of parts) {
    bytes.set(part, end);
    end += part.length;
  }
  return bytes;
}

/**
 * The same bytes in parts: the header, then each tensor's own memory, not copied, for writing to a file what is too large to hold twice.
 *
 * @example for (const part of safetensorsParts(tensors)) await file.write(part);
 */
export function safetensorsParts(tensors: ReadonlyMap<string, Tensor>): Uint8Array[] {
  const ordered = [...tensors].sort(([aName, a], [bName, b]) => elementBytes(b) - elementBytes(a) || (aName < bName ? -1 : 1));
  const header: Record<string, Entry> = {};
  let end = 0;
  for (const [name, tensor] of ordered) {
    requireConsistent(name, tensor);
    header[name] = { dtype: tensor.dtype, shape: [...tensor.shape], data_offsets: [end, end + tensor.data.byteLength] };
    end += tensor.data.byteLength;
  }
  const json = new TextEncoder().encode(JSON.stringify(header));
  const headerBytes = Math.ceil(json.length / ALIGNMENT_BYTES) * ALIGNMENT_BYTES;
  const head = new Uint8Array(LENGTH_BYTES + headerBytes).fill(0x20, LENGTH_BYTES);
  new DataView(head.buffer).setBigUint64(0, BigInt(headerBytes), true);
  head.set(json, LENGTH_BYTES);
  return [head, ...ordered.map(([, { data }]) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength))];
}

const elementBytes = ({ dtype }: Pick<Tensor, "dtype">): number => arrayOf[dtype].BYTES_PER_ELEMENT;
const product = (shape: readonly number[]): number => shape.reduce((count, length) => count * length, 1);

function requireConsistent(name: string, { dtype, shape, data }: Tensor): void {
  if (name === METADATA || name === "__proto__") throw new Error(`"${name}" cannot name a tensor`);
  if (!(data instanceof arrayOf[dtype])) throw new Error(`tensor "${name}" says ${dtype} and holds ${data.constructor.name}`);
  if (product(shape) !== data.length) throw new Error(`tensor "${name}" has shape [${shape}] and ${data.length} elements`);
}

/**
 * The tensors of a safetensors file, in the order of their bytes. They are views of `bytes` where alignment allows it, which it
 * always does for files that `writeSafetensors` wrote into a buffer of their own.
 *
 * Throws `CodedError` `safetensors_malformed` for anything that the format forbids (overlaps, holes, ranges outside the file, a
 * huge header) and for element types that we do not use.
 *
 * @example const bias = readSafetensors(bytes).get("bias")?.data;
 */
export function readSafetensors(bytes: Uint8Array): Map<string, Tensor> {
  const { entries, dataStart } = readHeader(bytes);
  const ordered = entries.sort(
    (
      [
        ,
        {
          data_offsets: [a, aEnd],
        },
      ],
      [
        ,
        {
          data_offsets: [b, bEnd],
        },
      ],
    ) => a - b || aEnd - bEnd,
  );
  const tensors = new Map<string, Tensor>();
  let end = 0;
  for (const [name, entry] of ordered) {
    const [first, last] = entry.data_offsets;
    if (first !== end) malformed(name, `its bytes begin at ${first}, the tensor before it ends at ${end}`);
    if (last - first !== product(entry.shape) * elementBytes(entry)) {
      malformed(name, `${last - first} bytes for ${entry.dtype} of shape [${entry.shape}]`);
    }
    end = last;
    if (dataStart + end > bytes.length) malformed(name, `its bytes end at ${end}, the file has ${bytes.length - dataStart}`);
    tensors.set(name, { dtype: entry.dtype, shape: entry.shape, data: viewOf(bytes, dataStart + first, entry) });
  }
  if (dataStart + end !== bytes.length) malformed("", `${bytes.length - dataStart - end} bytes belong to no tensor`);
  return tensors;
}

function readHeader(bytes: Uint8Array): { entries: [string, Entry][]; dataStart: number } {
  if (bytes.length < LENGTH_BYTES) malformed("", `${bytes.length} bytes are too few for a file`);
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset, LENGTH_BYTES).getBigUint64(0, true));
  const dataStart = LENGTH_BYTES + length;
  if (length > MAX_HEADER_BYTES || dataStart > bytes.length) malformed("", `its header claims ${length} bytes`);
  const header = parseObject(bytes.subarray(LENGTH_BYTES, dataStart));
  const named = Object.entries(header).filter(([name]) => name !== METADATA);
  return { entries: named.map(([name, value]) => [name, parseEntry(name, value)]), dataStart };
}

function parseObject(json: Uint8Array): object {
  if (json[0] !== OPENING_BRACE) malformed("", "its header is no object");
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(json));
  } catch (cause) {
    return malformed("", "its header is not JSON", { cause });
  }
  return value as object; // JSON that begins with a brace and parses is an object
}

function parseEntry(name: string, value: unknown): Entry {
  const result = v.safeParse(Entry, value);
  if (result.success) return result.output;
  const [problem] = problemsOf(result.issues);
  return malformed(name, `${problem?.path}: ${problem?.detail}`);
}

/** A view; a copy where a foreign file did not align the tensor to its element. */
function viewOf(bytes: Uint8Array, first: number, entry: Entry): Tensor["data"] {
  const count = product(entry.shape);
  const offset = bytes.byteOffset + first;
  if (offset % elementBytes(entry) === 0) return new arrayOf[entry.dtype](bytes.buffer as ArrayBuffer, offset, count); // never shared memory
  return new arrayOf[entry.dtype](bytes.slice(first, first + count * elementBytes(entry)).buffer as ArrayBuffer);
}

function malformed(tensor: string, detail: string, options?: ErrorOptions): never {
  const what = tensor === "" ? detail : `tensor "${tensor}": ${detail}`;
  throw new CodedError("safetensors_malformed", "weights", `not a usable safetensors file: ${what}`, undefined, options);
}
