// Stock tfjs on its wasm backend: tables as variables, tf.train.adam, and the one kernel that the backend lacks for it.
import * as tf from "@tensorflow/tfjs";
import "@tensorflow/tfjs-backend-wasm";
import type { BackendWasm } from "@tensorflow/tfjs-backend-wasm";
import {
  BATCH_SIZE,
  createShape,
  EMBEDDING_DIMENSION,
  firstExample,
  initialValues,
  LEARNING_RATE,
  type TrainingShape,
} from "./shape.ts";
import { serveTrainer } from "./trainer.ts";

serveTrainer(async (name) => {
  tf.enableProdMode();
  await tf.setBackend("wasm");
  registerSegmentSum();
  const shape = createShape(name);
  const { table, linear, dense, bias } = createVariables(shape);
  const variables = [table, linear, ...dense, bias];
  const optimizer = tf.train.adam(LEARNING_RATE);
  const fields = shape.featureMap.fields.length;
  return async (step) => {
    const from = firstExample(step);
    const loss = tf.tidy(() => {
      const rows = tf.tensor1d(shape.rows.subarray(from * fields, (from + BATCH_SIZE) * fields), "int32");
      const labels = tf.tensor2d(Float32Array.from(shape.data.labels.subarray(from, from + BATCH_SIZE)), [BATCH_SIZE, 1]);
      const logits = () => forward(rows, fields, table, linear, dense).add(bias) as tf.Tensor2D; // [batch, 1]
      const lossOf = () => tf.losses.sigmoidCrossEntropy(labels, logits()).asScalar();
      return optimizer.minimize(lossOf, true, variables)!; // asked for
    });
    const [value] = await loss.data();
    loss.dispose();
    return value!;
  };
});

/** DeepFM: linear sums, pairwise inner products, and three ReLU layers with a head. */
function forward(rows: tf.Tensor1D, fields: number, table: tf.Tensor, linear: tf.Tensor, dense: readonly tf.Tensor[]): tf.Tensor {
  const x = tf.gather(table, rows).reshape([BATCH_SIZE, fields, EMBEDDING_DIMENSION]);
  const sums = tf.gather(linear, rows).reshape([BATCH_SIZE, fields]).sum(1, true);
  const pairwise = x.sum(1).square().sub(x.square().sum(1)).sum(1, true).mul(0.5);
  let h: tf.Tensor = x.reshape([BATCH_SIZE, fields * EMBEDDING_DIMENSION]);
  for (let layer = 0; layer + 1 < dense.length; layer += 2)
    h = h
      .matMul(dense[layer]!)
      .add(dense[layer + 1]!)
      .relu();
  return sums.add(pairwise).add(h.matMul(dense.at(-1)!));
}

/** The very values that our engine begins with. */
function createVariables(shape: TrainingShape) {
  const initial = initialValues(shape);
  const { rowCount } = shape.featureMap;
  return {
    table: tf.variable(tf.tensor2d(initial.table, [rowCount, EMBEDDING_DIMENSION])),
    linear: tf.variable(tf.zeros([rowCount, 1])),
    dense: initial.dense.map(({ values, shape: [rows, columns] }) => tf.variable(tf.tensor2d(values, [rows, columns]))),
    bias: tf.variable(tf.zeros([1, 1])),
  };
}

/** The gradient of gather: adds up the rows of `x` by segment. */
function registerSegmentSum(): void {
  tf.registerKernel({
    kernelName: "UnsortedSegmentSum",
    backendName: "wasm",
    kernelFunc: ({ inputs, backend, attrs }) => {
      const wasm = backend as BackendWasm; // registered for it alone
      const { x, segmentIds } = inputs as { x: tf.TensorInfo; segmentIds: tf.TensorInfo };
      const { numSegments } = attrs as { numSegments: number };
      const width = x.shape.slice(1).reduce((product, size) => product * size, 1);
      const out = wasm.makeOutput([numSegments, ...x.shape.slice(1)], "float32");
      const [from, ids, to] = [x, segmentIds, out].map((tensor) => wasm.typedArrayFromHeap(tensor)) as [
        Float32Array,
        Int32Array,
        Float32Array,
      ]; // by dtype
      to.fill(0);
      for (let row = 0; row < ids.length; row++) {
        const at = ids[row]! * width;
        for (let column = 0; column < width; column++) to[at + column]! += from[row * width + column]!;
      }
      return out;
    },
  });
}
