// The context tower of retrieval in the kernel's memory: one context's bags in, the sums of its last layer out.
import type { Bags } from "../../features/bags.ts";
import { inputWidth, layoutFields } from "../../features/feature-map.ts";
import type { ServedModel } from "../scorer.ts";
import { servedLayers } from "../served-layers.ts";
import { widestOf } from "./dense-terms.ts";
import type { KernelExports } from "./exports.ts";
import type { KernelMemory } from "./kernel-memory.ts";
import { PlacedLayer, type PlacedWeights, type SumRows } from "./placed-layer.ts";
import { placeTables } from "./placed-model.ts";
import { RequestRegion } from "./request-region.ts";
import { Side } from "./side.ts";
import { layOutSlot } from "./slot-layout.ts";

/** Everything but retrieval left out: a tower reads no linear weights, and its slot holds no other term's sums. */
const ALONE = { linear: false, fm: false, cross: null, mlp: null } as const;

export class PlacedTower {
  /** Whose sums `run` leaves. */
  readonly last: PlacedLayer;
  readonly #first: PlacedLayer;
  readonly #side: Side;
  readonly #region: RequestRegion;
  readonly #slot: number;
  readonly #inner: readonly { readonly placed: PlacedLayer; readonly weights: PlacedWeights }[];
  readonly #activations: number;
  readonly #sums: number;
  /** Rows of the first layer's sums, and of every other's. */
  readonly #firstRows: SumRows;
  readonly #innerRows: SumRows;

  /** The model must have passed `validateServedModel`, and have retrieval. */
  constructor(kernel: KernelExports, memory: KernelMemory, model: ServedModel) {
    const architecture = { ...model.architecture, ...ALONE };
    placeTables(kernel, memory, { ...model, architecture });
    const fields = layoutFields(model.featureMap, architecture.embeddingDimension).filter(
      ({ field }) => field.from === "context",
    );
    const layers = servedLayers("tower", model, inputWidth(fields));
    const [first, ...inner] = layers.map((layer) => new PlacedLayer(kernel, memory, layer)) as [PlacedLayer, ...PlacedLayer[]]; // one at least
    const slot = layOutSlot(architecture, [first]);
    const widest = widestOf(layers);
    this.#first = first;
    this.last = inner.at(-1) ?? first;
    this.#side = new Side(kernel, memory, slot, fields, 1);
    this.#region = new RequestRegion(memory);
    this.#slot = memory.reserve(this.#side.slotBytes);
    this.#inner = inner.map((placed) => ({ placed, weights: placed.placeWeights(0, placed.layer.inputs) }));
    this.#activations = memory.reserve(widest * 2);
    this.#sums = memory.reserve(widest * 4);
    const zeros = memory.reserve(widest * 4);
    const rowsAt = (pointer: number): SumRows => ({ pointers: memory.place(Int32Array.of(pointer)), offset: 0, base: zeros });
    this.#firstRows = { ...rowsAt(this.#slot), offset: slot.firstLayers[0]?.offset ?? 0 };
    this.#innerRows = rowsAt(this.#sums);
  }

  /** @throws Error where bags are of another model, or a row is not its field's */
  run(context: Bags): SumRows {
    this.#side.check(context);
    this.#side.encode(this.#region, this.#region.put(context), 0, 1, this.#slot);
    const activations = this.#activations;
    let before = this.#first;
    let rows = this.#firstRows;
    for (const { placed, weights } of this.#inner) {
      placed.requantize(before, rows, 1, activations);
      placed.multiply(weights, { pointer: activations, stride: placed.strideOf(before.width) }, 1, this.#sums, placed.width * 4);
      before = placed;
      rows = this.#innerRows;
    }
    return rows;
  }
}
