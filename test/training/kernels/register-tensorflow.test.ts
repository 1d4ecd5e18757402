// Our step function in the TensorFlow backend gives what tfjs-node's own does. Needs tfjs-node: `npm run devices -- --install node`.
import * as tf from "@tensorflow/tfjs";
import { describe, expect, it } from "vitest";
import { registerTensorflowKernels } from "../../../training/kernels/register-tensorflow.ts";
import { whyAbsent } from "../engine/installed-devices.ts";

const absent = whyAbsent("node");

describe(`our kernel in tfjs-node's backend${absent ? ` (needs ${absent})` : ""}`, () => {
  it.skipIf(absent)("is the step function, and leaves slopes to the stock one", async () => {
    await import("@tensorflow/tfjs-node" as string); // optional, so unknown to the type checker
    await tf.setBackend("tensorflow");
    const x = tf.tensor1d([Number.NaN, -1, 0, 2, -0, Number.POSITIVE_INFINITY, 1e-40, Number.NEGATIVE_INFINITY]);
    const values = () => [tf.step(x), tf.step(x, 0.5)].map((tensor) => [...tensor.dataSync()]);
    const stock = values();
    registerTensorflowKernels();
    registerTensorflowKernels();
    expect(values()).toEqual(stock);
    expect(stock[0]).toEqual([Number.NaN, 0, 0, 1, 0, 1, expect.any(Number), 0]);
  });
});
