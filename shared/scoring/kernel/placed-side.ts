// The fields of one side in the kernel's memory, and the gathering of its bags.
import type { Bags } from "../../features/bags.ts";
import type { FieldLayout } from "../../features/feature-map.ts";
import type { KernelExports } from "./exports.ts";
import type { KernelMemory } from "./kernel-memory.ts";
import type { RequestRegion } from "./request-region.ts";

/** Where encoded examples go: a row of x0 each, a linear sum each, FM sums each (0: none). */
export interface GatherTarget {
  readonly x0: number;
  readonly rowBytes: number;
  readonly linear: number;
  readonly fm: number;
}

export class PlacedSide {
  readonly fieldCount: number;
  readonly #kernel: KernelExports;
  readonly #fields: number;
  readonly #names: readonly string[];

  constructor(kernel: KernelExports, memory: KernelMemory, layout: readonly FieldLayout[]) {
    const descriptors = layout.flatMap(({ field, embedded, firstColumn, columnCount, firstValueRow }) =>
      embedded ? [1, field.firstRow, field.rowCount, firstColumn] : [0, firstValueRow, columnCount, firstColumn],
    );
    this.fieldCount = layout.length;
    this.#kernel = kernel;
    this.#names = layout.map(({ field }) => field.name);
    this.#fields = memory.place(Int32Array.from(descriptors));
  }

  /** Encodes `count` examples from `first` on, of bags that `region.put` took. @throws Error where a row is not its field's */
  gather(region: RequestRegion, put: ReturnType<RequestRegion["put"]>, first: number, count: number, target: GatherTarget): void {
    const { offsets, rows, weights } = region.pointers;
    const bag = this.#kernel.gather(
      this.#fields,
      this.fieldCount,
      offsets + first * this.fieldCount * 4,
      put.base,
      rows,
      weights,
      put.entryCount,
      count,
      target.x0,
      target.rowBytes,
      target.linear,
      target.fm,
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
