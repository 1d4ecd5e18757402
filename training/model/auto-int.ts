// AutoInt (Song et al., 2019): layers of multi-head self-attention over the fields' embeddings; with hidden layers AutoInt+, an MLP beside.
import * as tf from "@tensorflow/tfjs";
import type { ModelSpec } from "../../shared/tasks/model-spec.ts";
import type { Random } from "../engine/random.ts";
import { selectEmbedded } from "./embedded-fields.ts";
import { createMlp } from "./mlp.ts";
import { type AttentionSizes, type AttentionWeights, attend, createAttentionWeights } from "./multi-head-attention.ts";
import { createMatrix, type InputShape, type Net, type Parameter, type Pass, type Term } from "./net.ts";

/** A teacher: attention over fields is not served. */
export function autoInt(spec: ModelSpec, shape: InputShape, random: Random): Net {
  const attention = createAttention(spec, shape, random);
  const terms = spec.hidden.length > 0 ? [attention, createMlp(spec, shape, random).term] : [attention];
  return { readsX0: true, readsSums: false, terms, export: () => null };
}

interface AttentionLayer {
  readonly attention: AttentionWeights;
  /** [inputs, heads * size]. */
  readonly residual: Parameter;
}

function createAttention(spec: ModelSpec, shape: InputShape, random: Random): Term {
  const { attentionLayers, attentionHeads: heads, attentionDimension: size } = spec;
  const fields = shape.embeddedColumns.length;
  const sizes = { tokens: fields, heads, size };
  const select = selectEmbedded(shape);
  const layers = Array.from({ length: attentionLayers }, (_, index): AttentionLayer => {
    const inputs = index === 0 ? shape.embeddingDimension : heads * size;
    const attention = createAttentionWeights(`attention.${index}`, inputs, sizes, random);
    return { attention, residual: createMatrix(`attention.${index}.residual.weight`, inputs, heads * size, 1, random) };
  });
  const head = createMatrix("attention.head.weight", fields * heads * size, 1, 1, random);
  return {
    parameters: [...layers.flatMap(({ attention: { query, key, value }, residual }) => [query, key, value, residual]), head],
    statistics: [],
    forward({ x0 }, pass) {
      let x = select(x0).reshape<tf.Tensor2D>([-1, shape.embeddingDimension]); // [n * fields, inputs]
      for (const layer of layers) x = interact(x, layer, sizes, pass);
      return tf.matMul(x.reshape<tf.Tensor2D>([-1, fields * heads * size]), pass.weight(head));
    },
  };
}

/** ReLU(attention of every field over all fields + residual): the paper's equations 5 to 8. */
function interact(x: tf.Tensor2D, { attention, residual }: AttentionLayer, sizes: AttentionSizes, pass: Pass): tf.Tensor2D {
  return tf.relu(tf.add<tf.Tensor2D>(attend(x, attention, sizes, pass), tf.matMul(x, pass.weight(residual))));
}
