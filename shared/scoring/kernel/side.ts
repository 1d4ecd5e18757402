// One side of a model, context or candidate: its bags become slots.
import type { Bags } from "../../features/bags.ts";
import type { FieldLayout } from "../../features/feature-map.ts";
import type { KernelExports } from "./exports.ts";
import { type KernelMemory, roundUp } from "./kernel-memory.ts";
import type { ActivationRows, PlacedWeights } from "./placed-layer.ts";
import type { RequestRegion } from "./request-region.ts";
import { type FirstLayer, type SlotLayout, slotBytes } from "./slot-layout.ts";

/** A side's part of a first layer. */
interface SidePart extends FirstLayer {
  readonly weights: PlacedWeights;
  readonly rows: ActivationRows;
}

export class Side {
  readonly fieldCount: number;
  readonly slotBytes: number;
  readonly #kernel: KernelExports;
  readonly #layout: SlotLayout;
  readonly #fields: number;
  readonly #names: readonly string[];
  readonly #columnCount: number;
  /** Rows of x0's columns where slots do not keep them. */
  readonly #columns: ActivationRows;
  readonly #parts: readonly SidePart[];

  /** `fields` are neighbours in x0; `batchSize` is the most that is encoded at once. */
  constructor(
    kernel: KernelExports,
    memory: KernelMemory,
    layout: SlotLayout,
    fields: readonly FieldLayout[],
    batchSize: number,
  ) {
    const firstColumn = fields[0]?.firstColumn ?? 0;
    const columnCount = fields.reduce((sum, field) => sum + field.columnCount, 0);
    this.fieldCount = fields.length;
    this.slotBytes = slotBytes(layout, columnCount);
    this.#kernel = kernel;
    this.#layout = layout;
    this.#names = fields.map(({ field }) => field.name);
    this.#fields = memory.place(Int32Array.from(fields.flatMap((field) => describe(field, firstColumn))));
    this.#columnCount = columnCount;
    const stride = roundUp(columnCount, 16) * 4;
    this.#columns = { pointer: layout.columnsOffset === null ? memory.reserve(batchSize * stride) : 0, stride };
    this.#parts = layout.firstLayers.map(({ placed, offset }) => {
      const rowStride = placed.strideOf(columnCount);
      const rows = { pointer: memory.reserve(batchSize * rowStride), stride: rowStride };
      return { placed, offset, rows, weights: placed.placeWeights(firstColumn, firstColumn + columnCount) };
    });
  }

  /**
   * Encodes `count` examples from `first` on, of bags that `region.put` took, into neighbouring slots.
   *
   * @throws Error where a row is not its field's
   */
  encode(region: RequestRegion, put: ReturnType<RequestRegion["put"]>, first: number, count: number, slots: number): void {
    const { columnsOffset } = this.#layout;
    const columns = columnsOffset === null ? this.#columns : { pointer: slots + columnsOffset, stride: this.slotBytes };
    this.#gather(region, put, first, count, slots, columns);
    for (const { placed, offset, rows, weights } of this.#parts) {
      placed.quantize(weights, columns.pointer, columns.stride, count, this.#columnCount, rows);
      placed.multiply(weights, rows, count, slots + offset, this.slotBytes);
    }
  }

  #gather(
    region: RequestRegion,
    put: ReturnType<RequestRegion["put"]>,
    first: number,
    count: number,
    slots: number,
    columns: ActivationRows,
  ): void {
    const bag = this.#kernel.gather(
      this.#fields,
      this.fieldCount,
      region.offsets + first * this.fieldCount * 4,
      put.base,
      region.rows,
      region.weights,
      put.entryCount,
      count,
      columns.pointer,
      columns.stride,
      slots,
      this.slotBytes,
      this.#layout.fmOffset,
    );
    if (bag < 0) return;
    const name = this.#names[bag % this.fieldCount];
    throw new Error(`example ${first + Math.floor(bag / this.fieldCount)}: its bag is not of field ${name}`);
  }

  /** @throws Error where bags are of another model */
  check({ fieldCount, count, offsets }: Bags): void {
    if (fieldCount === this.fieldCount && offsets.length > fieldCount * count) return;
    throw new Error(`bags of ${fieldCount} fields for a model's ${this.fieldCount}, with ${offsets.length} offsets`);
  }
}

/** As `gather` reads a field. */
function describe({ field, embedded, firstColumn, columnCount, firstValueRow }: FieldLayout, origin: number): number[] {
  return embedded
    ? [1, field.firstRow, field.rowCount, firstColumn - origin]
    : [0, firstValueRow, columnCount, firstColumn - origin];
}
