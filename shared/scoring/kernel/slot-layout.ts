// A slot: what the kernel keeps of one encoded side, the context's or a candidate's. All that scoring needs is in two of them.
import type { Architecture } from "../architecture.ts";
import { roundUp } from "./kernel-memory.ts";
import type { PlacedLayer } from "./placed-layer.ts";

/** The first layer of a term, whose sums are taken side by side, and where a slot has its side's. */
export interface FirstLayer {
  readonly placed: PlacedLayer;
  readonly offset: number;
}

/** Offsets in bytes. The linear sum is at 0. */
export interface SlotLayout {
  /** Where all that any score needs beside the linear sum begins, up to the end of the slot. What only draws need is before it. */
  readonly termsOffset: number;
  /** FM sums, then sums of squares; 0: none. */
  readonly fmOffset: number;
  readonly fmDimension: number;
  readonly firstLayers: readonly FirstLayer[];
  /** Sums of rows' draws; 0: none. The context's slot has the room, and no sums. */
  readonly drawsOffset: number;
  /** The side's columns of x0, last in the slot; null where no term but first layers reads them. */
  readonly columnsOffset: number | null;
  readonly fixedBytes: number;
}

const LINEAR_BYTES = 16; // an f32, and alignment

/** `drawsWidth`: f32s of rows' draws, 0 for none. */
export function layOutSlot(architecture: Architecture, firstLayers: readonly PlacedLayer[], drawsWidth = 0): SlotLayout {
  const fmDimension = architecture.fm ? roundUp(architecture.embeddingDimension, 4) : 0;
  const termsOffset = LINEAR_BYTES + drawsWidth * 4;
  let offset = termsOffset + fmDimension * 8;
  const placed = firstLayers.map((layer) => {
    const first = { placed: layer, offset };
    offset += layer.width * 4;
    return first;
  });
  return {
    termsOffset,
    fmOffset: fmDimension > 0 ? termsOffset : 0,
    fmDimension,
    firstLayers: placed,
    drawsOffset: drawsWidth > 0 ? LINEAR_BYTES : 0,
    columnsOffset: architecture.cross ? offset : null,
    fixedBytes: offset,
  };
}

/** Bytes of a side's slot. */
export function slotBytes({ fixedBytes, columnsOffset }: SlotLayout, columnCount: number): number {
  return columnsOffset === null ? fixedBytes : fixedBytes + roundUp(columnCount, 4) * 4;
}
