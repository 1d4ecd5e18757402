// Where a model keeps its intermediate values in the kernel's memory: one context, and one chunk of candidates at a time.
import type { ServedLayer } from "../served-layers.ts";
import { type KernelMemory, roundUp } from "./kernel-memory.ts";

/** Candidates that go through all layers together, so that scratch does not grow with the request. 8 to 128 were equally fast. */
export const CHUNK_SIZE = 32;

/** Pointers, and sizes in columns unless they say bytes. */
export interface Scratch {
  readonly contextColumns: number;
  readonly candidateColumns: number;
  /** Bytes from one row of x0 to the next: context columns, candidate columns, zeros up to a multiple of 8 columns. */
  readonly rowBytes: number;
  /** x0: the context's row, then rows of the chunk. */
  readonly contextRow: number;
  readonly rows: number;
  readonly contextLinear: number;
  readonly linearSums: number;
  /** 0 where the model has no FM term. */
  readonly contextFm: number;
  readonly fmSums: number;
  readonly activations: number;
  readonly sums: number;
  /** As many i32 zeros as the widest layer has sums. */
  readonly zeros: number;
}

export function reserveScratch(
  memory: KernelMemory,
  contextColumns: number,
  candidateColumns: number,
  fmDimension: number,
  layers: readonly ServedLayer[],
): Scratch {
  const columns = contextColumns + candidateColumns;
  const rowBytes = roundUp(columns, 8) * 4;
  const widest = roundUp(Math.max(0, columns, ...layers.map(({ inputs, outputs }) => Math.max(inputs, outputs))), 8);
  return {
    contextColumns,
    candidateColumns,
    rowBytes,
    contextRow: memory.reserve(rowBytes),
    rows: memory.reserve(CHUNK_SIZE * rowBytes),
    contextLinear: memory.reserve(4),
    linearSums: memory.reserve(CHUNK_SIZE * 4),
    contextFm: fmDimension && memory.reserve(fmDimension * 8),
    fmSums: fmDimension && memory.reserve(CHUNK_SIZE * fmDimension * 8),
    activations: memory.reserve(CHUNK_SIZE * widest * 2),
    sums: memory.reserve(CHUNK_SIZE * widest * 4),
    zeros: memory.reserve(widest * 4),
  };
}
