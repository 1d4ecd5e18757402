// The posterior in the kernel's memory: rows' draws of a candidate, the layers beside the heads, and room for a chunk's deviations.

import { rowDrawsOf } from "../row-draws.ts";
import type { ServedModel } from "../scorer.ts";
import { float32Tensor, posteriorLayers } from "../served-layers.ts";
import type { KernelExports } from "./exports.ts";
import { type KernelMemory, roundUp } from "./kernel-memory.ts";
import { type ActivationRows, PlacedLayer, type PlacedWeights } from "./placed-layer.ts";
import { PANEL } from "./ranges.ts";
import type { RequestRegion } from "./request-region.ts";

/** A layer of the posterior's, run on the integers that its head reads. */
export interface DrawLayer {
  readonly placed: PlacedLayer;
  readonly weights: PlacedWeights;
}

export class PlacedDraws {
  readonly count: number;
  /** Draws, padded to whole panels. */
  readonly width: number;
  /** Whether any of the candidate's fields has draws of its rows: then a slot keeps their sums. */
  readonly hasRows: boolean;
  /** Null where there is no head, or it reads x0. */
  readonly cross: DrawLayer | null;
  readonly mlp: DrawLayer | null;
  readonly #kernel: KernelExports;
  readonly #fields: number;
  readonly #fieldCount: number;
  readonly #biases: number;
  /** f32 [chunk, width]. */
  readonly #deviations: number;

  /** The model must have passed `validateServedModel`, and have a posterior. */
  constructor(kernel: KernelExports, memory: KernelMemory, model: ServedModel, inputWidth: number, chunkSize: number) {
    const biases = float32Tensor(model, "posterior.bias");
    this.count = biases.length;
    this.width = roundUp(biases.length, PANEL);
    const layers = posteriorLayers(model, inputWidth).map((layer): DrawLayer => {
      const placed = new PlacedLayer(kernel, memory, layer);
      return { placed, weights: placed.placeWeights(0, layer.inputs) };
    });
    this.cross = layers.find(({ placed }) => placed.layer.name === "posterior.cross") ?? null;
    this.mlp = layers.find(({ placed }) => placed.layer.name === "posterior.mlp") ?? null;
    const rows = rowDrawsOf(model);
    this.hasRows = rows.some((draws) => draws !== null);
    this.#kernel = kernel;
    this.#fieldCount = rows.length;
    const described = rows.flatMap((draws) => {
      if (draws === null) return [0, 0, 0];
      return [memory.place(padRows(draws.weight, this.count, this.width)), memory.place(draws.scale), draws.firstRow];
    });
    this.#fields = memory.place(Int32Array.from(described));
    this.#biases = memory.reserve(this.width * 4);
    memory.float32.set(biases, this.#biases >>> 2);
    this.#deviations = memory.reserve(chunkSize * this.width * 4);
  }

  /** Leaves the sums of rows' draws at `out`, one example every `stride` bytes; the examples have been encoded by their side. */
  encode(region: RequestRegion, base: number, first: number, count: number, out: number, stride: number): void {
    const { offsets, rows, weights } = region;
    const [fields, fieldCount] = [this.#fields, this.#fieldCount];
    const from = offsets + first * fieldCount * 4;
    this.#kernel.sumRowDraws(fields, fieldCount, from, base, rows, weights, count, this.width, out, stride);
  }

  /** Begins a chunk; `offset` is where its slots have the sums of `encode`, 0 for nowhere. */
  begin(slots: number, count: number, offset: number): void {
    this.#kernel.beginDraws(slots, count, offset, this.#biases, this.width, this.#deviations);
  }

  /** Adds a layer's share, of activations that its head reads too. `sums` is scratch. */
  add({ placed, weights }: DrawLayer, rows: ActivationRows, count: number, sums: number): void {
    placed.multiply(weights, rows, count, sums, placed.width * 4);
    this.#kernel.addDraws(sums, count, placed.width, placed.factors, placed.biases, this.#deviations);
  }

  /** The chunk's logits under each draw. */
  finish(logits: number, count: number, out: number): void {
    this.#kernel.finishDraws(logits, this.#deviations, count, this.width, this.count, out);
  }
}

function padRows(weight: Int8Array, columns: number, width: number): Int8Array {
  const padded = new Int8Array((weight.length / columns) * width);
  for (let row = 0; row * columns < weight.length; row++)
    padded.set(weight.subarray(row * columns, (row + 1) * columns), row * width);
  return padded;
}
