// safetensors: the same bytes as the format's other tools understand, and no malformed file gets through.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeBase64 } from "../../../shared/artifact/base64.ts";
import { readSafetensors, safetensorsParts, type Tensor, writeSafetensors } from "../../../shared/artifact/safetensors.ts";
import { CodedError } from "../../../shared/schemas/coded-error.ts";
import vectors from "../../vectors/artifact.json" with { type: "json" };

const bytesOf = (base64: string) => decodeBase64(base64) ?? new Uint8Array();

const EXAMPLE = new Map<string, Tensor>([
  ["embedding", { dtype: "I8", shape: [3, 5], data: Int8Array.from({ length: 15 }, (_, i) => i - 7) }],
  ["bias", { dtype: "F32", shape: [1], data: Float32Array.of(0.5) }],
  ["empty", { dtype: "F32", shape: [0, 4], data: new Float32Array() }],
  ["rows", { dtype: "I32", shape: [2], data: Int32Array.of(-1, 7) }],
]);

/** A file with this header and data. */
function fileOf(header: string, dataBytes = 0): Uint8Array {
  const json = new TextEncoder().encode(header);
  const bytes = new Uint8Array(8 + json.length + dataBytes);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true);
  bytes.set(json, 8);
  return bytes;
}

const entry = (first: number, last: number, shape = [last - first], dtype = "I8") => ({
  dtype,
  shape,
  data_offsets: [first, last],
});

function codeOf(bytes: Uint8Array): string {
  try {
    readSafetensors(bytes);
    return "read";
  } catch (error) {
    if (error instanceof CodedError) return error.code;
    throw error;
  }
}

describe("safetensors", () => {
  it("writes the golden bytes, whatever the order of the tensors", () => {
    const golden = bytesOf(vectors.written.base64);
    expect(writeSafetensors(EXAMPLE)).toEqual(golden);
    expect(writeSafetensors(new Map([...EXAMPLE].reverse()))).toEqual(golden);
  });

  it("gives the same bytes in parts, without a copy of any tensor", () => {
    const parts = safetensorsParts(EXAMPLE);
    expect(new Uint8Array(parts.flatMap((part) => [...part]))).toEqual(writeSafetensors(EXAMPLE));
    expect(new Set(parts.slice(1).map(({ buffer }) => buffer))).toEqual(
      new Set([...EXAMPLE.values()].map(({ data }) => data.buffer)),
    );
  });

  it("reads what Python wrote, metadata ignored", () => {
    expect([...readSafetensors(bytesOf(vectors.safetensors.base64))]).toEqual([
      ["a", { dtype: "F32", shape: [2, 3], data: Float32Array.of(0, 1, 2, 3, 4, 5) }],
      ["b", { dtype: "I8", shape: [3], data: Int8Array.of(1, -2, 3) }],
    ]);
  });

  it("gives views of aligned bytes, and right values of unaligned ones", () => {
    const bytes = writeSafetensors(EXAMPLE);
    for (const { data } of readSafetensors(bytes).values()) expect(data.buffer).toBe(bytes.buffer);
    const shifted = new Uint8Array(bytes.length + 1);
    shifted.set(bytes, 1);
    expect(readSafetensors(shifted.subarray(1))).toEqual(readSafetensors(bytes));
  });

  it("reads back whatever it wrote, with data that begins at a multiple of 8", () => {
    const tensor = fc.oneof(
      fc.float32Array().map((data): Tensor => ({ dtype: "F32", shape: [data.length], data })),
      fc.int8Array().map((data): Tensor => ({ dtype: "I8", shape: [1, data.length, 1], data })),
      fc.int32Array().map((data): Tensor => ({ dtype: "I32", shape: [data.length], data })),
    );
    const names = fc.string({ unit: "grapheme" }).filter((name) => name !== "__metadata__" && name !== "__proto__");
    fc.assert(
      fc.property(fc.dictionary(names, tensor), (tensors) => {
        const written = new Map(Object.entries(tensors));
        const bytes = writeSafetensors(written);
        expect(Number(new DataView(bytes.buffer).getBigUint64(0, true)) % 8).toBe(0);
        const read = readSafetensors(bytes);
        expect(read.size).toBe(written.size);
        for (const [name, expected] of written) expect(read.get(name)).toEqual(expected);
      }),
    );
  });

  it("refuses to write what does not fit its shape or type", () => {
    const bias = { dtype: "F32", shape: [2], data: Float32Array.of(1) } as const;
    expect(() => writeSafetensors(new Map([["bias", bias]]))).toThrow("shape [2] and 1 elements");
    expect(() => writeSafetensors(new Map([["bias", { ...bias, dtype: "I8" }]]))).toThrow("I8 and holds Float32Array");
    expect(() => writeSafetensors(new Map([["__metadata__", bias]]))).toThrow("cannot name a tensor");
  });

  const huge = new Uint8Array(16);
  new DataView(huge.buffer).setBigUint64(0, 2n ** 63n, true);
  it.each<[string, Uint8Array]>([
    ["an empty file", new Uint8Array()],
    ["a file shorter than its header's length", new Uint8Array(7)],
    ["a huge header", huge],
    ["a header past the end", fileOf("{}").subarray(0, 9)],
    ["a header that is no JSON", fileOf("{a")],
    ["a header that is no UTF-8", fileOf("{}").fill(0xff, 9)],
    ["a header that is no object", fileOf("[1]")],
    ["a header that begins with a space", fileOf(" {}")],
    ["an unknown type", fileOf(JSON.stringify({ a: entry(0, 2, [1], "F16") }), 2)],
    ["a negative length", fileOf(JSON.stringify({ a: entry(0, 2, [-2]) }), 2)],
    ["a fractional length", fileOf(JSON.stringify({ a: entry(0, 2, [0.5, 4]) }), 2)],
    ["a missing field", fileOf(JSON.stringify({ a: { dtype: "I8", shape: [0] } }))],
    ["an unknown field", fileOf(JSON.stringify({ a: { ...entry(0, 0), more: 1 } }))],
    ["an overlap", fileOf(JSON.stringify({ a: entry(0, 4), b: entry(2, 6) }), 6)],
    ["a hole", fileOf(JSON.stringify({ a: entry(0, 4), b: entry(5, 6) }), 6)],
    ["a hole at the beginning", fileOf(JSON.stringify({ a: entry(1, 4) }), 4)],
    ["bytes of no tensor", fileOf(JSON.stringify({ a: entry(0, 4) }), 5)],
    ["a range past the end", fileOf(JSON.stringify({ a: entry(0, 4) }), 3)],
    ["a range that ends before it begins", fileOf(JSON.stringify({ a: entry(4, 0, [4]) }), 4)],
    ["a shape that is not its bytes", fileOf(JSON.stringify({ a: entry(0, 4, [3]) }), 4)],
    ["a shape beyond all numbers", fileOf(JSON.stringify({ a: entry(0, 4, Array(40).fill(2 ** 52)) }), 4)],
  ])("refuses %s", (_, bytes) => {
    expect(codeOf(bytes)).toBe("safetensors_malformed");
  });

  it("answers random damage with tensors or with its one code, never otherwise", () => {
    const bytes = writeSafetensors(EXAMPLE);
    const change = fc.record({ at: fc.nat(bytes.length - 1), to: fc.nat(255) });
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 8 }), fc.nat(bytes.length), (changes, length) => {
        const damaged = bytes.slice(0, length);
        for (const { at, to } of changes) damaged[at] = to;
        expect(["read", "safetensors_malformed"]).toContain(codeOf(damaged));
      }),
      { numRuns: 2000 },
    );
  });
});
