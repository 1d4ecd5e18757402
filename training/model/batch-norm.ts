// Batch normalisation with the batch's own statistics, and how it folds into the layer before it for prediction.
import * as tf from "@tensorflow/tfjs";

const EPSILON = 1e-5;

/**
 * y = gamma * (x - mean) / sqrt(variance + 1e-5) + beta, with the batch's own statistics (Ioffe and Szegedy, 2015).
 * x [n, columns]; gamma and beta [1, columns]. `observe` is given the mean and the biased variance, which it has to keep.
 */
export function normalizeBatch(
  x: tf.Tensor2D,
  gamma: tf.Tensor2D,
  beta: tf.Tensor2D,
  observe: (mean: tf.Tensor, variance: tf.Tensor) => void,
): tf.Tensor2D {
  const count = x.shape[0];
  const operation = tf.customGrad((...args: (tf.Tensor | tf.GradSaveFunc)[]) => {
    const [input, scale, shift, save] = args as [tf.Tensor2D, tf.Tensor2D, tf.Tensor2D, tf.GradSaveFunc]; // as called below
    const mean = tf.div(tf.sum(input, 0, true), count);
    const centred = tf.sub(input, mean);
    const variance = tf.div(tf.sum(tf.square(centred), 0, true), count);
    const inverse = tf.rsqrt(tf.add(variance, EPSILON));
    const normal = tf.mul(centred, inverse);
    observe(mean, variance);
    save([normal, tf.mul(scale, inverse)]);
    return { value: tf.add(tf.mul(normal, scale), shift), gradFunc: (dy, saved) => pullBack(dy, saved, count) };
  });
  return operation(x, gamma, beta) as tf.Tensor2D; // same shape as x
}

/** Gradients at x, gamma and beta. */
function pullBack(dy: tf.Tensor, [normal, slope]: tf.Tensor[], count: number): tf.Tensor[] {
  const dBeta = tf.sum(dy, 0, true);
  const dGamma = tf.sum(tf.mul(dy, normal!), 0, true);
  const centred = tf.sub(tf.sub(dy, tf.div(dBeta, count)), tf.mul(normal!, tf.div(dGamma, count)));
  return [tf.mul(centred, slope!), dGamma, dBeta];
}

/** y = gamma * (x - mean) / sqrt(variance + 1e-5) + beta as one affine map a column: y = x * factor + offset. */
export function foldBatchNorm(gamma: number, beta: number, mean: number, variance: number): { factor: number; offset: number } {
  const factor = gamma / Math.sqrt(variance + EPSILON);
  return { factor, offset: beta - mean * factor };
}
