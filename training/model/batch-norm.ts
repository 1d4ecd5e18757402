// Batch normalisation with the batch's own statistics and ReLU as one operation, and how it folds into the layer before it for prediction.
import * as tf from "@tensorflow/tfjs";
import { runOwnKernel } from "./own-kernel.ts";

const EPSILON = 1e-5;

/**
 * y = max(gamma * (x - mean) / sqrt(variance + 1e-5) + beta, 0), with the batch's own statistics (Ioffe and Szegedy, 2015).
 * x [n, columns]; gamma and beta [1, columns]. `observe` is given the mean and the biased variance, which it has to keep.
 */
export function batchNormRelu(
  x: tf.Tensor2D,
  gamma: tf.Tensor2D,
  beta: tf.Tensor2D,
  observe: (mean: tf.Tensor, variance: tf.Tensor) => void,
): tf.Tensor2D {
  const operation = tf.customGrad((...args: (tf.Tensor | tf.GradSaveFunc)[]) => {
    const [input, scale, shift, save] = args as [tf.Tensor2D, tf.Tensor2D, tf.Tensor2D, tf.GradSaveFunc]; // as called below
    const own = runOwnKernel("batchNormRelu", { x: input, gamma: scale, beta: shift }, { epsilon: EPSILON });
    const [y, normal, slope, mean, variance] = (own ?? normalize(input, scale, shift)) as Forward; // in this order
    observe(mean, variance);
    save([y, normal, slope]);
    return { value: y, gradFunc: (dy, saved) => pullBack(dy, saved as Saved) }; // as just saved
  });
  return operation(x, gamma, beta) as tf.Tensor2D; // same shape as x
}

/** `normal` is (x - mean) / sqrt(variance + 1e-5), `slope` gamma / sqrt(variance + 1e-5). */
type Forward = [y: tf.Tensor, normal: tf.Tensor, slope: tf.Tensor, mean: tf.Tensor, variance: tf.Tensor];
type Saved = [y: tf.Tensor, normal: tf.Tensor, slope: tf.Tensor];

function normalize(x: tf.Tensor2D, gamma: tf.Tensor2D, beta: tf.Tensor2D): Forward {
  const count = x.shape[0];
  const mean = tf.div(tf.sum(x, 0, true), count);
  const centred = tf.sub(x, mean);
  const variance = tf.div(tf.sum(tf.square(centred), 0, true), count);
  const inverse = tf.rsqrt(tf.add(variance, EPSILON));
  const normal = tf.mul(centred, inverse);
  return [tf.relu(tf.add(tf.mul(normal, gamma), beta)), normal, tf.mul(gamma, inverse), mean, variance];
}

/** Gradients at x, gamma and beta. */
function pullBack(dy: tf.Tensor, [y, normal, slope]: Saved): tf.Tensor[] {
  const own = runOwnKernel("batchNormReluGradient", { dy, y, normal, slope });
  if (own) return own;
  const count = y.shape[0]!;
  const passed = tf.mul(dy, tf.step(y));
  const dBeta = tf.sum(passed, 0, true);
  const dGamma = tf.sum(tf.mul(passed, normal), 0, true);
  const centred = tf.sub(tf.sub(passed, tf.div(dBeta, count)), tf.mul(normal, tf.div(dGamma, count)));
  return [tf.mul(centred, slope), dGamma, dBeta];
}

/** y = gamma * (x - mean) / sqrt(variance + 1e-5) + beta as one affine map a column: y = x * factor + offset. */
export function foldBatchNorm(gamma: number, beta: number, mean: number, variance: number): { factor: number; offset: number } {
  const factor = gamma / Math.sqrt(variance + EPSILON);
  return { factor, offset: beta - mean * factor };
}
