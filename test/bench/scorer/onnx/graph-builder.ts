// Collects nodes and constants of an ONNX graph under names that it makes up.
import type { OnnxGraph, OnnxNode, OnnxTensor } from "./wire.ts";

export class GraphBuilder {
  readonly #nodes: OnnxNode[] = [];
  readonly #constants = new Map<string, OnnxTensor>();

  /** Adds a node with one output, and returns the output's name. */
  add(op: string, inputs: readonly string[], options: Pick<OnnxNode, "domain" | "ints"> = {}): string {
    const output = `t${this.#nodes.length}`;
    this.#nodes.push({ op, inputs, outputs: [output], ...options });
    return output;
  }

  constant(tensor: OnnxTensor): string {
    const name = `c${this.#constants.size}`;
    this.#constants.set(name, tensor);
    return name;
  }

  /** f32, of rank 0 where `dims` is not given. */
  float(value: number | Float32Array, dims: readonly number[] = []): string {
    return this.constant({ type: "f32", dims, data: typeof value === "number" ? Float32Array.of(value) : value });
  }

  axes(...values: number[]): string {
    return this.constant({ type: "i64", dims: [values.length], data: BigInt64Array.from(values.map(BigInt)) });
  }

  /** The graph: rows of `fieldCount` fields a candidate in, `output` [candidates, 1] out. */
  finish(fieldCount: number, output: string): OnnxGraph {
    return {
      inputs: [{ name: "rows", type: "i32", dims: ["candidates", fieldCount] }],
      outputs: [{ name: output, type: "f32", dims: ["candidates", 1] }],
      constants: this.#constants,
      nodes: this.#nodes,
    };
  }
}
