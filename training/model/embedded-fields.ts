// The embedded fields of x0 side by side, for nets that look at fields one by one.
import * as tf from "@tensorflow/tfjs";
import type { InputShape } from "./net.ts";

/** Gives x0 [n, width] as [n, fields * embeddingDimension], without the columns that go in by value. */
export function selectEmbedded({ width, embeddingDimension, embeddedColumns }: InputShape): (x0: tf.Tensor2D) => tf.Tensor2D {
  const columns = embeddedColumns.length * embeddingDimension;
  if (columns === width) return (x0) => x0;
  const selection = new Float32Array(width * columns);
  embeddedColumns.forEach((first, field) => {
    for (let d = 0; d < embeddingDimension; d++) selection[(first + d) * columns + field * embeddingDimension + d] = 1;
  });
  return (x0) => tf.matMul(x0, tf.tensor2d(selection, [width, columns])); // a product, whose gradient every device has
}
