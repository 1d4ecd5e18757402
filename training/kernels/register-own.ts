// Gives tfjs's wasm backend the kernels of our own operations: a layer's bias or batch norm, with ReLU.
import * as tf from "@tensorflow/tfjs";
import type { BackendWasm } from "@tensorflow/tfjs-backend-wasm";
import { OWN_KERNELS } from "../model/own-kernel.ts";

type OwnKernel = keyof typeof OWN_KERNELS;

/** The functions in assembly/ of these names: they take pointers to inputs, outputs and scratch memory in order, then m, n and epsilon. */
export type OwnKernels = Readonly<Record<OwnKernel, (...args: number[]) => void>>;

/** A matrix is [m, n], what is of its columns [1, n]. */
type Kind = "matrix" | "columns";

interface Signature {
  /** The first is [m, n]. */
  readonly inputs: readonly string[];
  readonly outputs: readonly Kind[];
  readonly scratch: readonly Kind[];
}

const SIGNATURES: Readonly<Record<OwnKernel, Signature>> = {
  biasRelu: { inputs: ["x", "bias"], outputs: ["matrix"], scratch: [] },
  biasReluGradient: { inputs: ["dy", "y"], outputs: ["matrix", "columns"], scratch: [] },
  batchNormRelu: {
    inputs: ["x", "gamma", "beta"],
    outputs: ["matrix", "matrix", "columns", "columns", "columns"],
    scratch: ["columns"],
  },
  batchNormReluGradient: {
    inputs: ["dy", "y", "normal", "slope"],
    outputs: ["matrix", "columns", "columns"],
    scratch: ["columns", "columns"],
  },
};

export function registerOwnKernels(kernels: OwnKernels): void {
  for (const name of Object.keys(OWN_KERNELS) as OwnKernel[]) {
    const kernelFunc = createKernel(SIGNATURES[name], kernels[name]);
    tf.registerKernel({ kernelName: OWN_KERNELS[name], backendName: "wasm", kernelFunc });
  }
}

function createKernel(signature: Signature, run: (...args: number[]) => void): tf.KernelFunc {
  return ({ inputs, backend, attrs }) => {
    const wasm = backend as BackendWasm; // the kernel is registered for this backend only
    const given = signature.inputs.map((name) => inputs[name]!);
    const [m, n] = given[0]!.shape as [number, number]; // a matrix
    const create = (kind: Kind) => wasm.makeOutput([kind === "matrix" ? m : 1, n], "float32");
    const outputs = signature.outputs.map(create);
    const scratch = signature.scratch.map(create);
    const pointers = [...given, ...outputs, ...scratch].map(({ dataId }) => wasm.dataIdMap.get(dataId).memoryOffset);
    run(...pointers, m, n, Number(attrs?.epsilon));
    for (const { dataId } of scratch) wasm.disposeData(dataId);
    return outputs;
  };
}
