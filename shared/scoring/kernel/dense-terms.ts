// The terms made of matrix products, run over the chunk in scratch. What the context gives to the first layer is computed once a request.
import type { ServedLayer } from "../served-layers.ts";
import type { KernelExports } from "./exports.ts";
import { type KernelMemory, roundUp } from "./kernel-memory.ts";
import { multiply, type PlacedLayer, placeLayer } from "./placed-layer.ts";
import type { Scratch } from "./scratch.ts";

export interface DenseTerm {
  /** Reads the context's row of x0. */
  encodeContext(): void;
  /** Adds the term to `count` logits, from as many rows of x0. */
  add(count: number, logits: number): void;
}

/** The first layer over x0. i32 sums are exact, so that taking the context's part first changes no bit. */
class FirstLayer implements DenseTerm {
  readonly #kernel: KernelExports;
  readonly #scratch: Scratch;
  readonly #layer: PlacedLayer;
  readonly #contextSums: number;

  constructor(kernel: KernelExports, memory: KernelMemory, scratch: Scratch, layer: PlacedLayer) {
    this.#kernel = kernel;
    this.#scratch = scratch;
    this.#layer = layer;
    this.#contextSums = memory.reserve(layer.width * 4);
  }

  encodeContext(): void {
    const { contextRow, contextColumns, activations, zeros } = this.#scratch;
    this.#kernel.quantize(contextRow, 0, 1, contextColumns, this.#layer.inputScale, activations, 0);
    multiply(this.#kernel, this.#layer, this.#layer.shared, { activations, stride: 0, count: 1 }, zeros, this.#contextSums);
  }

  /** Leaves the chunk's sums in scratch. */
  add(count: number): void {
    const { rows, rowBytes, contextColumns, candidateColumns, activations, sums } = this.#scratch;
    const stride = roundUp(candidateColumns, 8) * 2;
    this.#kernel.quantize(
      rows + contextColumns * 4,
      rowBytes,
      count,
      candidateColumns,
      this.#layer.inputScale,
      activations,
      stride,
    );
    multiply(this.#kernel, this.#layer, this.#layer.own, { activations, stride, count }, this.#contextSums, sums);
  }
}

/** Layers of ReLU, then the head. */
export function placeMlp(
  kernel: KernelExports,
  memory: KernelMemory,
  scratch: Scratch,
  layers: readonly ServedLayer[],
): DenseTerm {
  const placed = layers.map((layer, l) => placeLayer(memory, layer, l === 0 ? scratch.contextColumns : 0));
  const first = new FirstLayer(kernel, memory, scratch, placed[0] as PlacedLayer); // a term has at least its head
  const { activations, sums, zeros } = scratch;
  return {
    encodeContext: () => first.encodeContext(),
    add(count, logits) {
      first.add(count);
      let last = placed[0] as PlacedLayer;
      for (let l = 1; l < placed.length; l++) {
        const layer = placed[l] as PlacedLayer; // l < length
        kernel.rectify(sums, count, last.width, last.factors, last.biases, layer.inputScale, activations);
        multiply(kernel, layer, layer.own, { activations, stride: last.width * 2, count }, zeros, sums);
        last = layer;
      }
      kernel.addHead(sums, count, last.headFactor, last.headBias, logits);
    },
  };
}

/** Layers of x += x0 * (W x + b), then the head. Needs whole rows of x0, the context's columns included. */
export function placeCross(
  kernel: KernelExports,
  memory: KernelMemory,
  scratch: Scratch,
  chunkSize: number,
  layers: readonly ServedLayer[],
): DenseTerm {
  const placed = layers.map((layer, l) => placeLayer(memory, layer, l === 0 ? scratch.contextColumns : 0));
  const first = new FirstLayer(kernel, memory, scratch, placed[0] as PlacedLayer); // a term has at least its head
  const { contextRow, rows, rowBytes, contextColumns, candidateColumns, activations, sums, zeros } = scratch;
  const columns = contextColumns + candidateColumns;
  const x = memory.reserve(chunkSize * rowBytes);
  return {
    encodeContext() {
      first.encodeContext();
      const bytes = new Uint8Array(memory.buffer);
      for (let i = 0; i < chunkSize; i++) bytes.copyWithin(rows + i * rowBytes, contextRow, contextRow + contextColumns * 4);
    },
    add(count, logits) {
      first.add(count);
      new Uint8Array(memory.buffer).copyWithin(x, rows, rows + count * rowBytes);
      let last = placed[0] as PlacedLayer;
      for (let l = 1; l < placed.length; l++) {
        const layer = placed[l] as PlacedLayer; // l < length
        kernel.crossStep(sums, count, last.width, last.factors, last.biases, rows, x);
        kernel.quantize(x, rowBytes, count, columns, layer.inputScale, activations, rowBytes / 2);
        multiply(kernel, layer, layer.own, { activations, stride: rowBytes / 2, count }, zeros, sums);
        last = layer;
      }
      kernel.addHead(sums, count, last.headFactor, last.headBias, logits);
    },
  };
}
