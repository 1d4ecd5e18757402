// How sure a trained model is: a Laplace approximation of the posterior of its last layer, and draws from it.
import { type FieldLayout, layoutFields } from "../../shared/features/feature-map.ts";
import type { Dataset } from "../dataset/dataset.ts";
import type { Random } from "../engine/random.ts";
import type { DenseLayer, FloatModel } from "../model/float-model.ts";
import { FloatForward } from "../quantize/float-forward.ts";
import { factorise, solveTransposed } from "./cholesky.ts";

/**
 * `draws` weight deviations of the last layer: of what the heads read, as layers of so many outputs (the bias is the net's own, in
 * `bias`), and of rows, [row count, draws] for each field that has any.
 */
export interface FloatPosterior {
  readonly draws: number;
  readonly bias: Float32Array;
  readonly cross: DenseLayer | null;
  readonly mlp: DenseLayer | null;
  readonly rows: readonly FieldDraws[];
}

export interface FieldDraws {
  readonly field: string;
  readonly firstRow: number;
  readonly values: Float32Array;
}

export interface PosteriorRequest {
  readonly draws: number;
  /** Variance of a weight of the last layer before any data: 1 / lambda. */
  readonly priorVariance: number;
  /** The same of a row's weight. */
  readonly rowVariance: number;
  /** Examples that the model learnt from, of which the sample is a part. */
  readonly exampleCount: number;
  readonly random: Random;
}

/**
 * After "Deep Bayesian bandits showdown" (Riquelme, Tucker and Snoek, 2018), for a logistic label: the net below its last layer is taken
 * as given, and the last layer's weights have the Gaussian of the log-posterior's curvature (Laplace), H = sum of p (1 - p) phi phi^T +
 * lambda I over the training split, phi = [last cross state, last hidden layer, 1] of the float net.
 *
 * A creative's own weight is in the last layer too, whether the model has linear terms or not: phi of a rare creative is small, as its
 * embedding hardly left zero, so that the net alone would be the surest of what it has seen the least. These weights' curvature
 * is taken as diagonal: a bag's rows are many, and few of them come together often.
 */
export function fitPosterior(model: FloatModel, sample: Dataset, request: PosteriorRequest): FloatPosterior {
  const curvature = new Curvature(model);
  curvature.observe(model, sample);
  return curvature.draw(request, request.exampleCount / sample.labels.length);
}

class Curvature {
  readonly #crossWidth: number;
  readonly #mlpWidth: number;
  readonly #size: number;
  /** Lower triangle. */
  readonly #dense: Float64Array;
  readonly #fields: readonly FieldLayout[];
  readonly #rows: Float64Array;

  constructor({ featureMap, embeddingDimension, cross, mlp }: FloatModel) {
    this.#crossWidth = cross?.head.inputs ?? 0;
    this.#mlpWidth = mlp?.head.inputs ?? 0;
    this.#size = this.#crossWidth + this.#mlpWidth + 1;
    this.#dense = new Float64Array(this.#size * this.#size);
    this.#fields = layoutFields(featureMap, embeddingDimension);
    this.#rows = new Float64Array(featureMap.rowCount);
  }

  observe(model: FloatModel, { context, candidate, labels }: Dataset): void {
    const phi = new Float64Array(this.#size).fill(1);
    const forward = new FloatForward(model, (layer, input) => {
      if (layer === "cross.head") phi.set(input, 0);
      if (layer === "mlp.head") phi.set(input, this.#crossWidth);
    });
    for (let example = 0; example < labels.length; example++) {
      const p = 1 / (1 + Math.exp(-forward.logit(context, candidate, example)));
      const weight = p * (1 - p);
      this.#addOuter(phi, weight);
      const first = candidate.offsets[example * candidate.fieldCount]!;
      const end = candidate.offsets[(example + 1) * candidate.fieldCount]!;
      for (let k = first; k < end; k++) this.#rows[candidate.rows[k]!]! += weight * candidate.weights[k]! ** 2;
    }
  }

  #addOuter(phi: Float64Array, weight: number): void {
    const size = this.#size;
    for (let i = 0; i < size; i++) {
      const by = weight * phi[i]!;
      if (by === 0) continue;
      const row = i * size;
      for (let j = 0; j <= i; j++) this.#dense[row + j]! += by * phi[j]!;
    }
  }

  draw({ draws, priorVariance, rowVariance, random }: PosteriorRequest, share: number): FloatPosterior {
    const size = this.#size;
    const matrix = this.#dense.map((x) => x * share);
    for (let i = 0; i < size; i++) matrix[i * size + i]! += 1 / priorVariance;
    const factor = factorise(matrix, size);
    const normal = random.fork("last layer");
    const weights = Array.from({ length: draws }, () =>
      solveTransposed(factor, Float64Array.from({ length: size }, () => normal.normal())),
    );
    const layer = (first: number, inputs: number): DenseLayer | null =>
      inputs === 0
        ? null
        : {
            inputs,
            outputs: draws,
            weight: Float32Array.from(weights.flatMap((w) => [...w.subarray(first, first + inputs)])),
            bias: new Float32Array(draws),
          };
    return {
      draws,
      bias: Float32Array.from(weights, (w) => w[size - 1]!),
      cross: layer(0, this.#crossWidth),
      mlp: layer(this.#crossWidth, this.#mlpWidth),
      rows: this.#fields.filter(({ field }) => isIdField(field)).map(({ field }) => {
        const own = random.fork(`rows of ${field.name}`);
        const values = new Float32Array(field.rowCount * draws);
        for (let row = 0; row < field.rowCount; row++) {
          const deviation = 1 / Math.sqrt(1 / rowVariance + share * this.#rows[field.firstRow + row]!);
          for (let m = 0; m < draws; m++) values[row * draws + m] = deviation * own.normal();
        }
        return { field: field.name, firstRow: field.firstRow, values };
      }),
    };
  }
}

const isIdField = (field: FieldLayout["field"]): boolean =>
  field.from === "candidate" && (field.kind === "categorical" || field.kind === "multi");
