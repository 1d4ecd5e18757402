// Behavior Sequence Transformer (Chen et al., 2019): self-attention over the history and the candidate, which joins it as its last tokens.
import * as tf from "@tensorflow/tfjs";
import type { ModelSpec } from "../../shared/tasks/model-spec.ts";
import type { Random } from "../engine/random.ts";
import { createHistoryNet, type EncoderOptions, type HistoryEncoder } from "./history.ts";
import { createLayerNorm } from "./layer-norm.ts";
import { type AttentionSizes, attend, createAttentionWeights } from "./multi-head-attention.ts";
import { createMatrix, createParameter, type InputShape, type Net, type Parameter, type Pass } from "./net.ts";

export function transformer(spec: ModelSpec, shape: InputShape, random: Random): Net {
  return createHistoryNet(spec, shape, random, createTransformer);
}

/** Position embeddings begin as small as those of ids, see the table's. */
const INITIAL_LIMIT = 0.01;
/** The feed-forward net inside a layer is this much wider than what it reads (Vaswani et al., 2017). */
const WIDENING = 4;

/**
 * Each embedded field of the candidate is a token. Positions are counted back from the candidate's, so that a row of `position` means as
 * many ids ago whatever the length. Gives the mean output of the ids, and the outputs at the candidate's tokens; the paper's MLP reads
 * the outputs of all ids side by side, which grows with the history.
 */
function createTransformer({ name, spec, positions, dimension, candidateFields, random }: EncoderOptions): HistoryEncoder {
  const tokens = positions + candidateFields;
  const sizes = { tokens, heads: spec.attentionHeads, size: spec.attentionDimension };
  const first = random.fork(`${name}.position`).fillUniform(new Float32Array(tokens * dimension), INITIAL_LIMIT);
  const position = createParameter(`${name}.position`, [tokens, dimension], first, false);
  const layers = Array.from({ length: spec.attentionLayers }, (_, index) =>
    createLayer(`${name}.${index}`, dimension, sizes, spec.dropout, random),
  );
  return {
    parameters: [position, ...layers.flatMap(({ parameters }) => parameters)],
    width: (1 + candidateFields) * dimension,
    encode({ items, filled }, candidate, pass) {
      const ofCandidate = candidate.map((embedding) => embedding.reshape<tf.Tensor3D>([-1, 1, dimension]));
      const placed = tf.add(tf.concat([items, ...ofCandidate], 1), tf.reverse(pass.weight(position), 0));
      const mask = createMask(filled, sizes);
      let x = placed.reshape<tf.Tensor2D>([-1, dimension]);
      for (const layer of layers) x = layer.forward(x, mask, pass);
      const outputs = x.reshape<tf.Tensor3D>([-1, tokens, dimension]);
      const from = (token: number, count: number) => tf.slice(outputs, [0, token, 0], [-1, count, -1]);
      const atCandidate = candidate.map((_, field) => from(positions + field, 1).reshape<tf.Tensor2D>([-1, dimension]));
      return tf.concat([meanOf(from(0, positions), filled), ...atCandidate], 1);
    },
  };
}

/** Added to scores [n * heads, tokens, tokens]: nothing for tokens that are there, for others so little that nobody attends to them. */
function createMask(filled: tf.Tensor2D, { tokens, heads }: AttentionSizes): tf.Tensor3D {
  const [count, positions] = filled.shape;
  const candidate: [number, number] = [0, tokens - positions];
  const present = tf.pad(filled, [[0, 0], candidate], 1);
  const mask = tf.mul(tf.sub(present, 1), 1e9).reshape([count, 1, tokens]);
  return tf.tile(mask, [1, heads, 1]).reshape([-1, 1, tokens]);
}

/** Over the positions that are filled; 0 where none is. */
function meanOf(items: tf.Tensor3D, filled: tf.Tensor2D): tf.Tensor2D {
  const [, positions] = filled.shape;
  const sum = tf.sum<tf.Tensor2D>(tf.mul(items, filled.reshape([-1, positions, 1])), 1);
  return tf.div(sum, tf.maximum(tf.sum(filled, 1, true), 1));
}

interface Layer {
  readonly parameters: readonly Parameter[];
  /** x [n * tokens, dimension], and the result alike. */
  forward(x: tf.Tensor2D, mask: tf.Tensor3D, pass: Pass): tf.Tensor2D;
}

/** s = LayerNorm(x + Dropout(heads W)), and of it LayerNorm(s + Dropout(LeakyReLU(s W1 + b1) W2 + b2)), as in the paper. */
function createLayer(name: string, dimension: number, sizes: AttentionSizes, dropout: number, random: Random): Layer {
  const attention = createAttentionWeights(name, dimension, sizes, random);
  const output = createMatrix(`${name}.output.weight`, sizes.heads * sizes.size, dimension, 1, random);
  const first = createDense(`${name}.first`, dimension, WIDENING * dimension, 2, random);
  const second = createDense(`${name}.second`, WIDENING * dimension, dimension, 1, random);
  const norms = [createLayerNorm(`${name}.norm.0`, dimension), createLayerNorm(`${name}.norm.1`, dimension)] as const;
  const dropped = (x: tf.Tensor2D, pass: Pass) =>
    pass.training && dropout > 0 ? tf.mul<tf.Tensor2D>(x, pass.mask(x.shape, dropout)) : x;
  const adjust = (mask: tf.Tensor3D) => (scores: tf.Tensor3D) =>
    tf.add<tf.Tensor3D>(tf.mul(scores, 1 / Math.sqrt(sizes.size)), mask);
  return {
    parameters: [
      ...[attention.query, attention.key, attention.value, output],
      ...[first, second].flatMap(({ weight, bias }) => [weight, bias]),
      ...norms.flatMap(({ parameters }) => parameters),
    ],
    forward(x, mask, pass) {
      const heads = attend(x, attention, sizes, pass, adjust(mask));
      const s = norms[0].normalize(tf.add(x, dropped(tf.matMul(heads, pass.weight(output)), pass)), pass);
      const fed = apply(second, tf.leakyRelu(apply(first, s, pass)), pass);
      return norms[1].normalize(tf.add(s, dropped(fed, pass)), pass);
    },
  };
}

interface Dense {
  readonly weight: Parameter;
  readonly bias: Parameter;
}

function createDense(name: string, inputs: number, outputs: number, gain: 1 | 2, random: Random): Dense {
  const bias = createParameter(`${name}.bias`, [1, outputs], new Float32Array(outputs), false);
  return { weight: createMatrix(`${name}.weight`, inputs, outputs, gain, random), bias };
}

const apply = ({ weight, bias }: Dense, x: tf.Tensor2D, pass: Pass): tf.Tensor2D =>
  tf.add<tf.Tensor2D>(tf.matMul(x, pass.weight(weight)), pass.weight(bias));
