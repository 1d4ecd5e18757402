// Puts a step function of two operations in the place of tfjs-node's own of seven: every ReLU's gradient takes it.
import * as tf from "@tensorflow/tfjs";

/** What tfjs-node's backend has beyond tfjs's own interface. */
interface TensorflowBackend {
  readonly binding: { readonly TF_ATTR_TYPE: number; readonly TF_FLOAT: number };
  executeSingleOutput(operation: string, attributes: readonly object[], inputs: readonly tf.TensorInfo[]): tf.TensorInfo;
}

const registered = new WeakSet<object>();

/** Registers our kernel for the running TensorFlow backend; a second call for the same backend does nothing. */
export function registerTensorflowKernels(): void {
  const running = tf.backend();
  if (registered.has(running)) return;
  const stock = tf.getKernel("Step", "tensorflow");
  tf.unregisterKernel("Step", "tensorflow");
  tf.registerKernel({ ...stock, kernelFunc: (call) => (isPlain(call) ? step(call) : stock.kernelFunc(call)) });
  registered.add(running);
}

type KernelCall = Parameters<tf.KernelFunc>[0];

const isPlain = ({ inputs, attrs }: KernelCall): boolean => inputs.x?.dtype === "float32" && attrs?.alpha === 0;

/** The sign of what ReLU leaves: 0, 1, or NaN. */
function step({ inputs, backend }: KernelCall): tf.TensorInfo {
  const tensorflow = backend as unknown as TensorflowBackend; // the kernel is registered for this backend only
  const { TF_ATTR_TYPE, TF_FLOAT } = tensorflow.binding;
  const attributes = [{ name: "T", type: TF_ATTR_TYPE, value: TF_FLOAT }];
  return tf.tidy(() => {
    const positive = tensorflow.executeSingleOutput("Relu", attributes, [inputs.x!]);
    return tensorflow.executeSingleOutput("Sign", attributes, [positive]) as tf.Tensor; // it makes tensors
  });
}
