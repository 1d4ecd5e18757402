// The curvature of a model's last layer over examples: sums of p (1 - p) phi phi^T, and of p (1 - p) weight^2 for each row.
import type { FittedField } from "../../shared/features/feature-map.ts";
import type { Dataset } from "../dataset/dataset.ts";
import type { FloatModel } from "../model/float-model.ts";
import { FloatForward } from "../quantize/float-forward.ts";

export class Curvature {
  /** Of phi, the last cross state comes first, then the last hidden layer, then 1. A head over x0 has no share of it. */
  readonly crossWidth: number;
  readonly mlpWidth: number;
  /** Fields whose rows have weights of their own: the candidate's ids. */
  readonly rowFields: readonly FittedField[];
  readonly #model: FloatModel;
  readonly #size: number;
  /** [size, size], the lower triangle. */
  readonly #dense: Float64Array;
  /** [rows of the map] */
  readonly #rows: Float64Array;

  constructor(model: FloatModel) {
    const { featureMap, cross, mlp } = model;
    this.crossWidth = cross?.head.inputs ?? 0;
    this.mlpWidth = mlp && mlp.layers.length > 0 ? mlp.head.inputs : 0;
    this.rowFields = featureMap.fields.filter(
      ({ from, kind }) => from === "candidate" && (kind === "categorical" || kind === "multi"),
    );
    this.#model = model;
    this.#size = this.crossWidth + this.mlpWidth + 1;
    this.#dense = new Float64Array(this.#size * this.#size);
    this.#rows = new Float64Array(featureMap.rowCount);
  }

  observe({ context, candidate, labels }: Dataset): void {
    const phi = new Float64Array(this.#size).fill(1);
    const forward = new FloatForward(this.#model, (layer, input) => {
      if (layer === "cross.head") phi.set(input, 0);
      if (layer === "mlp.head" && this.mlpWidth > 0) phi.set(input, this.crossWidth);
    });
    for (let example = 0; example < labels.length; example++) {
      const p = 1 / (1 + Math.exp(-forward.logit(context, candidate, example)));
      this.#addOuter(phi, p * (1 - p));
      const end = candidate.offsets[(example + 1) * candidate.fieldCount]!;
      for (let k = candidate.offsets[example * candidate.fieldCount]!; k < end; k++)
        this.#rows[candidate.rows[k]!]! += p * (1 - p) * candidate.weights[k]! ** 2;
    }
  }

  #addOuter(phi: Float64Array, weight: number): void {
    const size = this.#size;
    for (let i = 0; i < size; i++) {
      const by = weight * phi[i]!;
      if (by === 0) continue; // units that ReLU holds at 0
      for (let j = 0; j <= i; j++) this.#dense[i * size + j]! += by * phi[j]!;
    }
  }

  /** `share` times the sum, plus `precision` on the diagonal; a copy, of which the lower triangle counts. */
  dense(share: number, precision: number): Float64Array {
    const matrix = this.#dense.map((sum) => sum * share);
    for (let i = 0; i < matrix.length; i += this.#size + 1) matrix[i]! += precision;
    return matrix;
  }

  /** As `dense`, of a field's rows. */
  rows({ firstRow, rowCount }: FittedField, share: number, precision: number): Float64Array {
    return this.#rows.slice(firstRow, firstRow + rowCount).map((sum) => sum * share + precision);
  }
}
