// AutoInt (Song et al., 2019): layers of multi-head self-attention over the fields' embeddings; with hidden layers AutoInt+, an MLP beside.
import * as tf from "@tensorflow/tfjs";
import type { ModelSpec } from "../../shared/tasks/task.ts";
import type { Random } from "../engine/random.ts";
import { selectEmbedded } from "./embedded-fields.ts";
import { createMlp } from "./mlp.ts";
import { createMatrix, type InputShape, type Net, type Parameter, type Pass, type Term } from "./net.ts";

/** A teacher: attention over fields is not served. */
export function autoInt(spec: ModelSpec, shape: InputShape, random: Random): Net {
  const attention = createAttention(spec, shape, random);
  const terms = spec.hidden.length > 0 ? [attention, createMlp(spec, shape, random).term] : [attention];
  return { readsX0: true, readsSums: false, terms, export: () => null };
}

/** Matrices of one layer, [inputs, heads * size] each. */
interface AttentionLayer {
  readonly query: Parameter;
  readonly key: Parameter;
  readonly value: Parameter;
  readonly residual: Parameter;
}

function createAttention(spec: ModelSpec, shape: InputShape, random: Random): Term {
  const { attentionLayers, attentionHeads: heads, attentionDimension: size } = spec;
  const fields = shape.embeddedColumns.length;
  const select = selectEmbedded(shape);
  const layers = Array.from({ length: attentionLayers }, (_, index): AttentionLayer => {
    const inputs = index === 0 ? shape.embeddingDimension : heads * size;
    const matrix = (name: string) => createMatrix(`attention.${index}.${name}.weight`, inputs, heads * size, 1, random);
    return { query: matrix("query"), key: matrix("key"), value: matrix("value"), residual: matrix("residual") };
  });
  const head = createMatrix("attention.head.weight", fields * heads * size, 1, 1, random);
  return {
    parameters: [...layers.flatMap(({ query, key, value, residual }) => [query, key, value, residual]), head],
    statistics: [],
    forward({ x0 }, pass) {
      let x = select(x0).reshape<tf.Tensor2D>([-1, shape.embeddingDimension]); // [n * fields, inputs]
      for (const layer of layers) x = attend(x, layer, { fields, heads, size }, pass);
      return tf.matMul(x.reshape<tf.Tensor2D>([-1, fields * heads * size]), pass.weight(head));
    },
  };
}

interface Sizes {
  readonly fields: number;
  readonly heads: number;
  readonly size: number;
}

/** ReLU(attention of every field over all fields, heads side by side, + residual): the paper's equations 5 to 8. */
function attend(x: tf.Tensor2D, { query, key, value, residual }: AttentionLayer, sizes: Sizes, pass: Pass): tf.Tensor2D {
  const { fields, heads, size } = sizes;
  const byHead = (parameter: Parameter) => {
    const product = tf.matMul(x, pass.weight(parameter)).reshape<tf.Tensor4D>([-1, fields, heads, size]);
    return tf.transpose(product, [0, 2, 1, 3]).reshape<tf.Tensor3D>([-1, fields, size]); // [n * heads, fields, size]
  };
  const scores = tf.softmax(tf.matMul(byHead(query), byHead(key), false, true)); // [n * heads, fields, fields]
  const mixed = tf.matMul(scores, byHead(value)).reshape<tf.Tensor4D>([-1, heads, fields, size]);
  const joined = tf.transpose(mixed, [0, 2, 1, 3]).reshape<tf.Tensor2D>([-1, heads * size]);
  return tf.relu(tf.add<tf.Tensor2D>(joined, tf.matMul(x, pass.weight(residual))));
}
