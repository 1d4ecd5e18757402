// One dense layer in the kernel's memory, packed for the product that its inputs take.
import { isHead, type ServedLayer } from "../served-layers.ts";
import type { KernelExports } from "./exports.ts";
import { type KernelMemory, roundUp } from "./kernel-memory.ts";
import { PANEL, planRanges, STEP } from "./ranges.ts";

/** A layer's weights for some of its inputs, and what their sums begin with. */
export interface PlacedWeights {
  readonly pointer: number;
  /** Steps of inputs: 2 as words, 4 as bytes. */
  readonly steps: number;
  /** Only of bytes. */
  readonly ranges: number;
  readonly initial: number;
  /** What each of the f32 inputs is multiplied by. */
  readonly inverses: number;
}

/** Rows of activations: where, and how many bytes apart. */
export interface ActivationRows {
  readonly pointer: number;
  readonly stride: number;
}

/** Rows of i32 sums: each at `offset` into what its pointer, in the array at `pointers`, points at, plus the row at `base`. */
export interface SumRows {
  readonly pointers: number;
  readonly offset: number;
  readonly base: number;
}

/** A layer whose weights are packed part by part: the first layer's inputs come from two sides. */
export class PlacedLayer {
  /** i32 in a row of sums. */
  readonly width: number;
  readonly layer: ServedLayer;
  readonly factors: number;
  readonly biases: number;
  readonly #kernel: KernelExports;
  readonly #memory: KernelMemory;
  /** Activations as bytes, where the layer allows them and the kernel's build takes them; else as words. */
  readonly #asBytes: boolean;
  /** What a byte stands above its activation, so that it is never negative. */
  readonly #zeroPoint: number;

  constructor(kernel: KernelExports, memory: KernelMemory, layer: ServedLayer) {
    this.#kernel = kernel;
    this.#memory = memory;
    this.layer = { ...layer, weight: layer.weight.slice() }; // a view would keep the artifact's whole file, tables and all, in memory
    this.width = isHead(layer) ? 4 : roundUp(layer.outputs, PANEL);
    this.#asBytes = layer.input.bits === 7 && kernel.takesBytes() !== 0;
    this.#zeroPoint = -layer.lowest;
    this.factors = memory.place(padded(layer.factor, this.width));
    this.biases = memory.place(padded(layer.bias, this.width));
  }

  /** Bytes from one row of `columns` activations to the next. */
  strideOf(columns: number): number {
    return this.#asBytes ? roundUp(columns, 16) : roundUp(columns, 8) * 2;
  }

  /** Packs the weights of inputs `first` to `end`. */
  placeWeights(first: number, end: number): PlacedWeights {
    const inverses = this.#memory.place(this.layer.inverses.subarray(first, end));
    if (this.#asBytes) return { ...this.#placeBytes(first, end), inverses };
    const steps = Math.ceil((end - first) / 2);
    const packed = isHead(this.layer) ? packRow(this.layer, first, end) : pack(this.layer, first, end, 2, Int16Array);
    return { pointer: this.#memory.place(packed), steps, ranges: 0, initial: this.#memory.reserve(this.width * 4), inverses };
  }

  #placeBytes(first: number, end: number): Omit<PlacedWeights, "inverses"> {
    const packed = pack(this.layer, first, end, STEP, Int8Array);
    const steps = Math.ceil((end - first) / STEP);
    const panelBytes = steps * PANEL * STEP;
    const panels = Array.from({ length: this.width / PANEL }, (_, p) => packed.subarray(p * panelBytes, (p + 1) * panelBytes));
    const ranges = steps === 0 ? [] : panels.flatMap(planRanges);
    return {
      pointer: this.#memory.place(packed),
      steps,
      ranges: this.#memory.place(Int32Array.from(ranges)),
      initial: this.#memory.place(this.#correctionOf(first, end)),
    };
  }

  /** -zero point * sum of weights, by output; i32 wraps, and so do the sums. */
  #correctionOf(first: number, end: number): Int32Array {
    const { weight, inputs, outputs } = this.layer;
    const correction = new Int32Array(this.width);
    for (let j = 0; j < outputs; j++) {
      let sum = 0;
      for (let i = first; i < end; i++) sum += weight[j * inputs + i] as number; // validated: [outputs, inputs]
      correction[j] = -this.#zeroPoint * sum;
    }
    return correction;
  }

  /** f32 rows -> activations. */
  quantize({ inverses }: PlacedWeights, x: number, xStride: number, count: number, columns: number, out: ActivationRows): void {
    const { lowest, highest } = this.layer;
    if (this.#asBytes) {
      const zeroPoint = this.#zeroPoint;
      this.#kernel.quantizeBytes(x, xStride, count, columns, inverses, lowest, highest, zeroPoint, out.pointer, out.stride);
    } else this.#kernel.quantizeWords(x, xStride, count, columns, inverses, lowest, highest, out.pointer, out.stride);
  }

  /** Sums of the layer before -> activations, `strideOf(before.width)` bytes a row. */
  requantize(before: PlacedLayer, { pointers, offset, base }: SumRows, count: number, out: number): void {
    const { lowest, highest } = this.layer;
    const { width, factors, biases } = before;
    if (this.#asBytes) {
      const zeroPoint = this.#zeroPoint;
      this.#kernel.requantizeBytes(pointers, count, offset, base, width, factors, biases, lowest, highest, zeroPoint, out);
    } else this.#kernel.requantizeWords(pointers, count, offset, base, width, factors, biases, lowest, highest, out);
  }

  /** Sums of `count` rows, `sumStride` bytes apart. */
  multiply(weights: PlacedWeights, rows: ActivationRows, count: number, sums: number, sumStride: number): void {
    const { pointer, steps, ranges, initial } = weights;
    const panels = this.width / PANEL;
    if (this.#asBytes) {
      this.#kernel.productBytes(rows.pointer, rows.stride, count, ranges, steps, pointer, panels, initial, sums, sumStride);
    } else if (isHead(this.layer)) {
      this.#kernel.dotWords(rows.pointer, rows.stride, count, roundUp(steps * 2, 8), pointer, sums, sumStride);
    } else this.#kernel.productWords(rows.pointer, rows.stride, count, steps, pointer, panels, initial, sums, sumStride);
  }
}

function padded(values: Float32Array, width: number): Float32Array {
  const row = new Float32Array(width);
  row.set(values);
  return row;
}

/** [panel][step][16 outputs][inputs of a step], zero where the layer has no such output or input. */
function pack<Array extends Int8Array | Int16Array>(
  { weight, inputs, outputs }: ServedLayer,
  first: number,
  end: number,
  stepInputs: number,
  ArrayType: new (length: number) => Array,
): Array {
  const steps = Math.ceil((end - first) / stepInputs);
  const packed = new ArrayType(Math.ceil(outputs / PANEL) * steps * PANEL * stepInputs);
  for (let j = 0; j < outputs; j++) {
    const output = Math.floor(j / PANEL) * steps * PANEL * stepInputs + (j % PANEL) * stepInputs;
    for (let i = 0; i < end - first; i++) {
      const at = output + Math.floor(i / stepInputs) * PANEL * stepInputs + (i % stepInputs);
      packed[at] = weight[j * inputs + first + i] as number; // validated: [outputs, inputs]
    }
  }
  return packed;
}

/** The weights of a head's one output, as words, zeros up to a multiple of 8. */
function packRow({ weight }: ServedLayer, first: number, end: number): Int16Array {
  const row = new Int16Array(roundUp(end - first, 8));
  row.set(weight.subarray(first, end));
  return row;
}
