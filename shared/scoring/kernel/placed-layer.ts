// One dense layer in the kernel's memory, packed for its matrix product.
import type { ServedLayer } from "../served-layers.ts";
import type { KernelExports } from "./exports.ts";
import { type KernelMemory, roundUp } from "./kernel-memory.ts";

const PANEL = 8; // outputs that product.ts computes at a time

/** A layer's weights for some of its inputs. */
export interface PlacedWeights {
  readonly pointer: number;
  readonly pairCount: number;
}

export interface PlacedLayer {
  readonly inputScale: number;
  /** Outputs, rounded up to whole panels: what its rows of sums are wide. */
  readonly width: number;
  /** Of the inputs that are the same for all candidates (the first layer's context columns), and of the others. */
  readonly shared: PlacedWeights;
  readonly own: PlacedWeights;
  readonly factors: number;
  readonly biases: number;
  readonly headFactor: number;
  readonly headBias: number;
}

/** Copies a layer in; its first `sharedInputs` inputs are packed apart. */
export function placeLayer(memory: KernelMemory, layer: ServedLayer, sharedInputs: number): PlacedLayer {
  const width = roundUp(layer.outputs, PANEL);
  const padded = (values: Float32Array) => {
    const row = new Float32Array(width);
    row.set(values);
    return row;
  };
  return {
    inputScale: layer.inputScale,
    width,
    shared: placeWeights(memory, layer, 0, sharedInputs),
    own: placeWeights(memory, layer, sharedInputs, layer.inputs),
    factors: memory.place(padded(layer.factor)),
    biases: memory.place(padded(layer.bias)),
    headFactor: layer.factor[0] as number, // a layer has at least one output
    headBias: layer.bias[0] as number,
  };
}

/** sums [count, width] = initial [width] + activations x weights. */
export function multiply(
  kernel: KernelExports,
  { width }: PlacedLayer,
  { pointer, pairCount }: PlacedWeights,
  rows: { readonly activations: number; readonly stride: number; readonly count: number },
  initial: number,
  sums: number,
): void {
  kernel.product(rows.activations, rows.stride, rows.count, pairCount, pointer, width / PANEL, initial, sums);
}

/** [panel][pair of inputs][8 outputs][2 inputs] as i16, zero where the layer has no such output or input. */
function placeWeights(memory: KernelMemory, { weight, inputs, outputs }: ServedLayer, first: number, end: number): PlacedWeights {
  const pairCount = Math.ceil((end - first) / 2);
  const packed = new Int16Array(Math.ceil(outputs / PANEL) * pairCount * PANEL * 2);
  for (let j = 0; j < outputs; j++) {
    const panel = Math.floor(j / PANEL) * pairCount * PANEL * 2 + (j % PANEL) * 2;
    for (let i = first; i < end; i++) {
      const at = i - first;
      packed[panel + (at >> 1) * PANEL * 2 + (at & 1)] = weight[j * inputs + i] as number; // validated: [outputs, inputs]
    }
  }
  return { pointer: memory.place(packed), pairCount };
}
