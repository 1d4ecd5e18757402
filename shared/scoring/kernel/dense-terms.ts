// The terms made of matrix products, run over a chunk of slots: their first layers' sums are in the slots already.
import type { ServedLayer } from "../served-layers.ts";
import { isDown } from "../served-layers.ts";
import type { KernelExports } from "./exports.ts";
import { type KernelMemory, roundUp } from "./kernel-memory.ts";
import type { ActivationRows, PlacedLayer, PlacedWeights } from "./placed-layer.ts";
import type { SlotLayout } from "./slot-layout.ts";

/** Adds a term to `count` logits, of as many slots (an array of pointers). */
export type DenseTerm = (slots: number, count: number, logits: number) => void;

/** What all terms of a scorer share. Scratch is for one chunk, and each term's alone while it runs. */
export interface Stage {
  readonly kernel: KernelExports;
  readonly memory: KernelMemory;
  readonly slot: SlotLayout;
  /** The context's slot. */
  readonly context: number;
  readonly contextColumns: number;
  readonly candidateColumns: number;
  readonly chunkSize: number;
  readonly activations: number;
  /** i32 sums of the widest layer. */
  readonly sums: number;
}

/** A layer after the first, with all its weights. */
interface InnerLayer {
  readonly placed: PlacedLayer;
  readonly weights: PlacedWeights;
}

/** Bytes that a chunk needs for activations and for sums, whatever the layer. */
export function scratchBytes(layers: readonly ServedLayer[], chunkSize: number): { activations: number; sums: number } {
  const widest = roundUp(Math.max(16, ...layers.map(({ inputs, outputs }) => Math.max(inputs, outputs))), 16);
  return { activations: chunkSize * widest * 2, sums: chunkSize * widest * 4 };
}

/** Layers of ReLU, then the head. `layers` are all of the term, the first of them the slot's `index`-th. */
export function placeMlp(stage: Stage, index: number, layers: readonly PlacedLayer[]): DenseTerm {
  const { kernel, activations, sums } = stage;
  const inner = placeInner(layers);
  const head = layers.at(-1) as PlacedLayer; // always there
  return (slots, count, logits) => {
    let last = joinFirst(stage, index, slots, count);
    for (const { placed, weights } of inner) {
      placed.requantize(last, sums, count, activations);
      placed.multiply(weights, { pointer: activations, stride: placed.strideOf(last.width) }, count, sums, placed.width * 4);
      last = placed;
    }
    kernel.addHead(sums, head.width * 4, count, headFactor(head), headBias(head), logits);
  };
}

/** Layers of x += x0 * (W x + b), then the head. */
export function placeCross(stage: Stage, index: number, layers: readonly PlacedLayer[]): DenseTerm {
  const { kernel, memory, context, contextColumns, candidateColumns, chunkSize, activations, sums, slot } = stage;
  const inner = placeInner(layers);
  const head = layers.at(-1) as PlacedLayer; // always there
  const columns = contextColumns + candidateColumns;
  const stride = roundUp(columns, 16) * 4;
  const [x0, x] = [memory.reserve(chunkSize * stride), memory.reserve(chunkSize * stride)];
  const offset = slot.columnsOffset as number; // a model with a cross net keeps columns
  const from = context + offset;

  /** x += x0 * (W x + b), or with the first half of a low-rank W the activations of the second. */
  function finish(last: PlacedLayer, next: InnerLayer, count: number): ActivationRows {
    if (isDown(last.layer)) {
      next.placed.requantize(last, sums, count, activations);
      return { pointer: activations, stride: next.placed.strideOf(last.width) };
    }
    kernel.crossStep(sums, count, last.width, last.factors, last.biases, x0, x, stride);
    const rows = { pointer: activations, stride: next.placed.strideOf(columns) };
    next.placed.quantize(next.weights, x, stride, count, columns, rows);
    return rows;
  }

  return (slots, count, logits) => {
    kernel.joinColumns(slots, count, offset, from, contextColumns * 4, candidateColumns * 4, x0, stride);
    memory.bytes.copyWithin(x, x0, x0 + count * stride);
    let last = joinFirst(stage, index, slots, count);
    for (const layer of inner) {
      const rows = finish(last, layer, count);
      layer.placed.multiply(layer.weights, rows, count, sums, layer.placed.width * 4);
      last = layer.placed;
    }
    kernel.addHead(sums, head.width * 4, count, headFactor(head), headBias(head), logits);
  };
}

function placeInner(layers: readonly PlacedLayer[]): InnerLayer[] {
  return layers.slice(1).map((placed) => ({ placed, weights: placed.placeWeights(0, placed.layer.inputs) }));
}

/** The first layer's sums of the chunk: context's and candidate's. i32 are exact, so that adding them up later changes no bit. */
function joinFirst({ kernel, slot, context, sums }: Stage, index: number, slots: number, count: number): PlacedLayer {
  const { placed, offset } = slot.firstLayers[index] as SlotLayout["firstLayers"][number]; // the caller's own index
  kernel.join(slots, count, offset, context + offset, placed.width, sums);
  return placed;
}

const headFactor = ({ layer }: PlacedLayer): number => layer.factor[0] as number; // a head has one output
const headBias = ({ layer }: PlacedLayer): number => layer.bias[0] as number;
