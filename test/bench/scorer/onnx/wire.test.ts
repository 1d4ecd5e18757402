// ONNX files, byte for byte: protobuf's wire format, and the field numbers of onnx.proto, worked out by hand.
import { describe, expect, it } from "vitest";
import { type OnnxGraph, writeOnnx } from "./wire.ts";

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");
const text = (value: string) => hex(new TextEncoder().encode(value));

const relu: OnnxGraph = {
  inputs: [{ name: "x", type: "f32", dims: ["n", 2] }],
  outputs: [{ name: "y", type: "f32", dims: ["n", 2] }],
  constants: new Map(),
  nodes: [{ op: "Relu", inputs: ["x"], outputs: ["y"] }],
};

/** ValueInfoProto: name, then type > tensor_type > f32, shape of a named dimension and of 2. */
const port = (name: string) => `0a01${text(name)}120f0a0d080112090a0312016e0a020802`;

describe("writeOnnx", () => {
  it("writes a graph of one node", () => {
    const node = `0a0c0a01781201792204${text("Relu")}`;
    const graph = `${node}1206${text("scorer")}5a14${port("x")}6214${port("y")}`;
    const operatorSets = `42040a00101142110a0d${text("com.microsoft")}1001`;
    expect(hex(writeOnnx(relu))).toBe(`08083a42${graph}${operatorSets}`);
  });

  it("writes lengths of more than seven bits as several bytes", () => {
    const data = new Int8Array(300).fill(7);
    const constants = new Map([["w", { type: "i8" as const, dims: [300], data }]]);
    expect(hex(writeOnnx({ ...relu, constants }))).toContain(`08ac0210034201774aac02${"07".repeat(300)}`);
  });

  it("writes attributes and the domain of onnxruntime's own operators", () => {
    const nodes = [{ op: "QGemm", inputs: ["x"], outputs: ["y"], domain: "com.microsoft" as const, ints: { k: 5 } }];
    const written = hex(writeOnnx({ ...relu, nodes }));
    expect(written).toContain("2a080a016b1805a00102");
    expect(written).toContain(`3a0d${text("com.microsoft")}`);
  });
});
