// How sure a trained model is: a Laplace approximation of the posterior of its last layer, and draws from it.
import type { PosteriorSpec } from "../../shared/tasks/training-spec.ts";
import { readExamples, spreadEvenly } from "../dataset/select-examples.ts";
import { countOf, type Examples } from "../dataset/shards.ts";
import type { Random } from "../engine/random.ts";
import type { FloatModel } from "../model/float-model.ts";
import { factorise, solveTransposed } from "./cholesky.ts";
import { Curvature } from "./curvature.ts";

/** Most examples, spread evenly over the training split, that the curvature is summed over; the sum is then that of all of them. */
export const MOST_EXAMPLES = 32_768;

/**
 * What the last layer's weights deviate by, draw by draw: of what the heads read, [draws, inputs] each and null where the model has no such
 * head or it reads x0; and of rows, [row count, draws] for each field that has any.
 */
export interface FloatPosterior {
  readonly draws: number;
  readonly bias: Float32Array;
  readonly cross: Float32Array | null;
  readonly mlp: Float32Array | null;
  readonly rows: readonly { readonly field: string; readonly values: Float32Array }[];
}

/**
 * After "Deep Bayesian Bandits Showdown" (Riquelme, Tucker and Snoek, 2018), for a label of 0 and 1: the net below its last layer is taken
 * as given, and the last layer's weights are Gaussian around what was trained, with the curvature of the log-posterior there (Laplace):
 * H = sum of p (1 - p) phi phi^T + I / priorVariance over the training split, phi = [last cross state, last hidden layer, 1] of the float
 * net. A draw is L^-T z of H = L L^T and a standard normal z.
 *
 * The candidate's own rows (its ids) are in the last layer too, each with a weight that was trained as 0: what a net knows of a creative
 * that was hardly shown is an embedding near zero, so that phi alone would be the surest of what it has seen the least. Their curvature is
 * taken as diagonal: they are many, and of one field no two come together.
 *
 * @param random the run's: the same seed gives the same draws
 * @example await fitPosterior(floatModel, splits.train, { draws: 64, priorVariance: 1, rowVariance: 0.3, random });
 */
export async function fitPosterior(
  model: FloatModel,
  train: Examples,
  { draws, priorVariance, rowVariance, random }: PosteriorSpec & { readonly random: Random },
): Promise<FloatPosterior> {
  const curvature = new Curvature(model);
  curvature.observe(await readExamples(train, spreadEvenly(countOf(train), MOST_EXAMPLES)));
  const share = countOf(train) / Math.min(MOST_EXAMPLES, countOf(train));
  const weights = drawWeights(curvature.dense(share, 1 / priorVariance), draws, random.fork("last layer"));
  const { crossWidth, mlpWidth } = curvature;
  const layer = (first: number, inputs: number): Float32Array | null =>
    inputs === 0 ? null : Float32Array.from(weights.flatMap((draw) => [...draw.subarray(first, first + inputs)]));
  return {
    draws,
    bias: Float32Array.from(weights, (draw) => draw[crossWidth + mlpWidth]!),
    cross: layer(0, crossWidth),
    mlp: layer(crossWidth, mlpWidth),
    rows: curvature.rowFields.map((field) => ({
      field: field.name,
      values: drawRows(curvature.rows(field, share, 1 / rowVariance), draws, random.fork(`rows of ${field.name}`)),
    })),
  };
}

/** Each [size], with the covariance H^-1. */
function drawWeights(curvature: Float64Array, draws: number, random: Random): Float64Array[] {
  const size = Math.sqrt(curvature.length);
  const factor = factorise(curvature, size);
  return Array.from({ length: draws }, () =>
    solveTransposed(
      factor,
      Float64Array.from({ length: size }, () => random.normal()),
    ),
  );
}

/** [rows, draws]; a row's numbers have the variance 1 / its curvature. */
function drawRows(curvatures: Float64Array, draws: number, random: Random): Float32Array {
  return Float32Array.from(
    { length: curvatures.length * draws },
    (_, i) => random.normal() / Math.sqrt(curvatures[Math.floor(i / draws)]!),
  );
}
