// A layer's bias and ReLU as one operation.
import * as tf from "@tensorflow/tfjs";
import { runOwnKernel } from "./own-kernel.ts";

/** max(x + bias, 0). x [n, columns], bias [1, columns]; the gradient is 0 where x + bias is 0. */
export function biasRelu(x: tf.Tensor2D, bias: tf.Tensor2D): tf.Tensor2D {
  const operation = tf.customGrad((...args: (tf.Tensor | tf.GradSaveFunc)[]) => {
    const [input, shift, save] = args as [tf.Tensor2D, tf.Tensor2D, tf.GradSaveFunc]; // as called below
    const y = runOwnKernel("biasRelu", { x: input, bias: shift })?.[0] ?? tf.relu(tf.add(input, shift));
    save([y]);
    return { value: y, gradFunc: (dy, saved) => pullBack(dy, saved[0]!) };
  });
  return operation(x, bias) as tf.Tensor2D; // same shape as x
}

/** Gradients at x and bias. */
function pullBack(dy: tf.Tensor, y: tf.Tensor): tf.Tensor[] {
  const own = runOwnKernel("biasReluGradient", { dy, y });
  if (own) return own;
  const dx = tf.mul(dy, tf.step(y));
  return [dx, tf.sum(dx, 0, true)];
}
