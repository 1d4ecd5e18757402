// Puts a step function of two operations in the place of tfjs-node's own of seven: every ReLU's gradient takes it.
import * as tf from "@tensorflow/tfjs";

const registered = new WeakSet<object>();

/** Registers our kernel for the running TensorFlow backend; a second call for the same backend does nothing. */
export function registerTensorflowKernels(): void {
  const running = tf.backend();
  if (registered.has(running)) return;
  const stock = tf.getKernel("Step", "tensorflow");
  tf.unregisterKernel("Step", "tensorflow");
  tf.registerKernel({ ...stock, kernelFunc: (call) => (call.attrs?.alpha === 0 ? step(call) : stock.kernelFunc(call)) });
  registered.add(running);
}

/** 0 where x is no number, and tfjs-node's own NaN: what comes from above is NaN there already, and so is its product with 0. */
function step({ inputs }: Parameters<tf.KernelFunc>[0]): tf.TensorInfo {
  const x = inputs.x as tf.Tensor; // tfjs calls kernels with tensors
  return tf.tidy(() => tf.cast(tf.greater(x, 0), "float32"));
}
