// Operations that are one kernel of ours on the backends that have it, and several of tfjs's own on the others.
import * as tf from "@tensorflow/tfjs";

/** Names of kernels, and their inputs and outputs in order. Matrices are [n, columns], what is of a column [1, columns]. */
export const OWN_KERNELS = {
  /** x, bias: y. */
  biasRelu: "SelvedgeBiasRelu",
  /** dy, y: gradients at x and bias. */
  biasReluGradient: "SelvedgeBiasReluGradient",
  /** x, gamma, beta, and the attribute epsilon: y, and the normal, slope, mean and variance of batch-norm.ts. */
  batchNormRelu: "SelvedgeBatchNormRelu",
  /** dy, y, normal, slope: gradients at x, gamma and beta. */
  batchNormReluGradient: "SelvedgeBatchNormReluGradient",
} as const;

/** What the kernel gives; null where the current backend does not have it. */
export function runOwnKernel(
  name: keyof typeof OWN_KERNELS,
  inputs: Record<string, tf.Tensor>,
  attributes: Record<string, number> = {},
): tf.Tensor[] | null {
  const kernel = OWN_KERNELS[name];
  return tf.getKernel(kernel, tf.getBackend()) ? tf.engine().runKernel<tf.Tensor[]>(kernel, inputs, attributes) : null;
}
