import * as tf from "@tensorflow/tfjs";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { Random } from "../../../training/engine/random.ts";
import { loadWasmBackend } from "../../../training/kernels/load-backend.ts";
import { registerKernels } from "../../../training/kernels/register.ts";
import { batchNormRelu } from "../../../training/model/batch-norm.ts";
import { biasRelu } from "../../../training/model/bias-relu.ts";
import { OWN_KERNELS } from "../../../training/model/own-kernel.ts";

type Matrices = readonly [tf.Tensor2D, ...tf.Tensor2D[]];

/** What is applied to a matrix, and one or two rows. */
const OPERATIONS: Readonly<Record<string, (...inputs: [tf.Tensor2D, tf.Tensor2D, tf.Tensor2D]) => tf.Tensor[]>> = {
  "bias and ReLU": (x, bias) => valueAndGradients((a, b) => biasRelu(a!, b!), [x, bias]),
  "batch norm and ReLU": (x, gamma, beta) => {
    const observed: tf.Tensor[] = [];
    const apply = (...[a, b, c]: tf.Tensor2D[]) => batchNormRelu(a!, b!, c!, (...seen) => observed.push(...seen.map(tf.keep)));
    return [...valueAndGradients(apply, [x, gamma, beta]), ...observed];
  },
};

function valueAndGradients(apply: (...inputs: tf.Tensor2D[]) => tf.Tensor, inputs: Matrices): tf.Tensor[] {
  const dy = inputs[0].sub(0.5);
  const { value, grads } = tf.valueAndGrads((...given) => apply(...(given as tf.Tensor2D[])))([...inputs], dy); // of the inputs' rank
  dy.dispose();
  return [value, ...grads];
}

/** Everything that comes of whole numbers halved: many an x + bias is exactly 0. */
function run(operation: string, m: number, n: number): number[][] {
  const random = new Random(m * 1009 + n);
  const draw = (rows: number) =>
    tf.tensor2d(
      Float32Array.from({ length: rows * n }, () => ((random.uint32() % 9) - 4) / 2),
      [rows, n],
    );
  const found = OPERATIONS[operation]!(draw(m), draw(1), draw(1));
  const values = found.map((tensor) => Array.from(tensor.dataSync(), (value) => value + 0)); // -0 is 0
  tf.dispose(found);
  return values;
}

/** The same of tfjs's own operations, on the same backend. */
function withoutOwn<T>(compute: () => T): T {
  const kernels = Object.values(OWN_KERNELS).map((name) => tf.getKernel(name, "wasm"));
  for (const { kernelName } of kernels) tf.unregisterKernel(kernelName, "wasm");
  try {
    return compute();
  } finally {
    kernels.forEach(tf.registerKernel);
  }
}

describe("the kernels of our own operations", () => {
  beforeAll(async () => {
    await loadWasmBackend();
    await tf.setBackend("wasm");
    await registerKernels();
  });

  const size = fc.oneof(fc.integer({ min: 1, max: 21 }), fc.constantFrom(64, 101));
  it.each(Object.keys(OPERATIONS))("give the very numbers of tfjs's own operations: %s", (operation) => {
    const property = fc.property(size, size, (m, n) => {
      expect(run(operation, m, n)).toEqual(withoutOwn(() => run(operation, m, n)));
    });
    fc.assert(property, { numRuns: 60 });
  });

  it("pass no gradient where x + bias is 0 or less", () => {
    const x = tf.tensor2d([-2, -1, 0], [3, 1]);
    const bias = tf.tensor2d([1], [1, 1]);
    const [, dx, dBias] = valueAndGradients((a, b) => biasRelu(a!, b!), [x, bias]);
    expect([...dx!.dataSync()]).toEqual([0, 0, -0.5]);
    expect([...dBias!.dataSync()]).toEqual([-0.5]);
  });

  it("let through what is no number: a training that went astray is seen", () => {
    const y = biasRelu(tf.tensor2d([Number.NaN], [1, 1]), tf.tensor2d([1], [1, 1]));
    expect([...y.dataSync()]).toEqual([Number.NaN]);
  });

  it("keep no memory", () => {
    const inputs: Matrices = [tf.ones([4, 3]), tf.ones([1, 3]), tf.ones([1, 3])];
    const before = tf.backend().numDataIds();
    tf.dispose(valueAndGradients((x, gamma, beta) => tf.tidy(() => batchNormRelu(x!, gamma!, beta!, () => {})), inputs));
    expect(tf.backend().numDataIds()).toBe(before);
  });
});
