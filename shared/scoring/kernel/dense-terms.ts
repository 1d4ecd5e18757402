// The terms made of matrix products, run over a chunk of slots: their first layers' sums are in the slots already.
import type { ServedLayer } from "../served-layers.ts";
import { isDown } from "../served-layers.ts";
import type { KernelExports } from "./exports.ts";
import { type KernelMemory, roundUp } from "./kernel-memory.ts";
import type { PlacedDraws } from "./placed-draws.ts";
import type { ActivationRows, PlacedLayer, PlacedWeights, SumRows } from "./placed-layer.ts";
import type { FirstLayer, SlotLayout } from "./slot-layout.ts";

/** Adds a term to `count` logits, of as many slots (an array of pointers); and where there are `draws`, its share to the deviations. */
export type DenseTerm = (slots: number, count: number, logits: number, draws: PlacedDraws | null) => void;

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
  /** As many i32 zeros as the widest layer has sums. */
  readonly zeros: number;
}

/** A layer after the first, with all its weights. */
interface InnerLayer {
  readonly placed: PlacedLayer;
  readonly weights: PlacedWeights;
  /** Its activations, where they are the requantized sums of the layer before it. */
  readonly rows: ActivationRows;
  /** Where its own sums are. */
  readonly sums: SumRows;
}

/** Inputs or outputs of the widest layer, rounded up to whole panels. */
export function widestOf(layers: readonly ServedLayer[]): number {
  return roundUp(Math.max(16, ...layers.map(({ inputs, outputs }) => Math.max(inputs, outputs))), 16);
}

/** Layers of ReLU, then the head. `layers` are all of the term, the first of them the slot's `index`-th. */
export function placeMlp(stage: Stage, index: number, layers: readonly PlacedLayer[]): DenseTerm {
  const { kernel, context, slot, sums } = stage;
  const inner = placeInner(stage, layers);
  const first = slot.firstLayers[index] as FirstLayer; // the caller's own index
  const head = layers.at(-1) as PlacedLayer; // always there
  const base = context + first.offset;
  return (slots, count, logits, draws) => {
    let last = first.placed;
    let lastSums: SumRows = { pointers: slots, offset: first.offset, base };
    for (const layer of inner) {
      const { placed, weights, rows } = layer;
      placed.requantize(last, lastSums, count, rows.pointer);
      placed.multiply(weights, rows, count, sums, placed.width * 4);
      last = placed;
      lastSums = layer.sums;
    }
    if (inner.length === 0) kernel.join(slots, count, first.offset, base, head.width, sums);
    kernel.addHead(sums, head.width * 4, count, headFactor(head), headBias(head), logits);
    const headRows = inner.at(-1)?.rows;
    if (draws?.mlp && headRows) draws.add(draws.mlp, headRows, count, sums);
  };
}

/** Layers of x += x0 * (W x + b), then the head. */
export function placeCross(stage: Stage, index: number, layers: readonly PlacedLayer[]): DenseTerm {
  const { kernel, memory, context, contextColumns, candidateColumns, chunkSize, activations, sums, slot } = stage;
  const inner = placeInner(stage, layers);
  const first = slot.firstLayers[index] as FirstLayer; // the caller's own index
  const base = context + first.offset;
  const head = layers.at(-1) as PlacedLayer; // always there
  const columns = contextColumns + candidateColumns;
  const [contextBytes, candidateBytes] = [contextColumns * 4, candidateColumns * 4];
  const stride = roundUp(columns, 16) * 4;
  const [x0, x] = [memory.reserve(chunkSize * stride), memory.reserve(chunkSize * stride)];
  const offset = slot.columnsOffset as number; // a model with a cross net keeps columns
  const isLowRank = isDown(first.placed.layer);
  const stateRows = inner.map(({ placed }) => ({ pointer: activations, stride: placed.strideOf(columns) }));

  /** The first layer, of sums and columns that are in the slots. */
  function begin(slots: number, count: number): ActivationRows {
    if (inner.length > 1) kernel.joinColumns(slots, count, offset, context + offset, contextBytes, candidateBytes, x0, stride);
    if (isLowRank) {
      memory.bytes.copyWithin(x, x0, x0 + count * stride);
      return advance(first.placed, { pointers: slots, offset: first.offset, base }, 0, count);
    }
    const { factors, biases } = first.placed;
    kernel.crossSlots(slots, count, first.offset, offset, context, contextBytes, candidateBytes, factors, biases, x, stride);
    return quantizeState(0, count);
  }

  /** Activations of inner layer `l`: of x += x0 * (W x + b), or of what the first half of a low-rank W gives the second. */
  function advance(last: PlacedLayer, lastSums: SumRows, l: number, count: number): ActivationRows {
    if (!isDown(last.layer)) {
      kernel.crossStep(sums, count, last.width, last.factors, last.biases, x0, x, stride);
      return quantizeState(l, count);
    }
    const next = inner[l] as InnerLayer; // the caller's own index
    next.placed.requantize(last, lastSums, count, activations);
    return next.rows;
  }

  /** x as inner layer `l` takes it. */
  function quantizeState(l: number, count: number): ActivationRows {
    const { placed, weights } = inner[l] as InnerLayer; // as above
    const rows = stateRows[l] as ActivationRows; // as above
    placed.quantize(weights, x, stride, count, columns, rows);
    return rows;
  }

  return (slots, count, logits, draws) => {
    let rows = begin(slots, count);
    for (let l = 0; l < inner.length; l++) {
      const { placed, weights, sums: ownSums } = inner[l] as InnerLayer; // l < length
      placed.multiply(weights, rows, count, sums, placed.width * 4);
      if (l + 1 < inner.length) rows = advance(placed, ownSums, l + 1, count);
    }
    kernel.addHead(sums, head.width * 4, count, headFactor(head), headBias(head), logits);
    const headRows = stateRows.at(-1);
    if (draws?.cross && headRows) draws.add(draws.cross, headRows, count, sums);
  };
}

function placeInner(stage: Stage, layers: readonly PlacedLayer[]): InnerLayer[] {
  return layers.slice(1).map((placed, before) => ({
    placed,
    weights: placed.placeWeights(0, placed.layer.inputs),
    rows: { pointer: stage.activations, stride: placed.strideOf((layers[before] as PlacedLayer).width) }, // the layer before it
    sums: sumRowsOf(stage, placed.width),
  }));
}

/** The rows that a layer's product leaves in scratch. */
function sumRowsOf({ memory, sums, zeros, chunkSize }: Stage, width: number): SumRows {
  const pointers = Int32Array.from({ length: chunkSize }, (_, row) => sums + row * width * 4);
  return { pointers: memory.place(pointers), offset: 0, base: zeros };
}

const headFactor = ({ layer }: PlacedLayer): number => layer.factor[0] as number; // a head has one output
const headBias = ({ layer }: PlacedLayer): number => layer.bias[0] as number;
