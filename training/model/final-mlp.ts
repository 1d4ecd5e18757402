// FinalMLP (Mao et al., 2023): two MLPs over the same embeddings, each through a gate of its own, fused by a bilinear form of their outputs.
import * as tf from "@tensorflow/tfjs";
import { CodedError } from "../../shared/schemas/coded-error.ts";
import type { ModelSpec } from "../../shared/tasks/model-spec.ts";
import type { Random } from "../engine/random.ts";
import { createHiddenLayers, type HiddenLayers } from "./hidden-layer.ts";
import { createMatrix, createParameter, type InputShape, type Net, type Parameter, type Pass, type Term } from "./net.ts";

/** A teacher: the bilinear form is not served. */
export function finalMlp(spec: ModelSpec, shape: InputShape, random: Random): Net {
  return { readsX0: true, readsSums: false, terms: [createTwoStreams(spec, shape, random)], export: () => null };
}

/** `gate` weighs the columns of x0 by 2 sigmoid(gate): the paper's feature selection, conditioned on learnable parameters alone. */
interface Stream {
  readonly gate: Parameter;
  readonly layers: HiddenLayers;
}

function createTwoStreams(spec: ModelSpec, shape: InputShape, random: Random): Term {
  const first = createStream("stream.0", spec.hidden, spec, shape, random);
  const second = createStream("stream.1", spec.secondHidden ?? spec.hidden, spec, shape, random);
  if (spec.fusionHeads > Math.min(first.layers.width, second.layers.width)) {
    throw new CodedError(
      "fusion_heads_too_many",
      "model.fusionHeads",
      "more heads than the last layer of a stream has units: take fewer",
    );
  }
  const heads = [first, second].map(({ layers: { width } }, index) =>
    createMatrix(`fusion.${index}.weight`, width, 1, 1, random),
  );
  const blocks = Array.from({ length: spec.fusionHeads }, (_, head) => {
    const [rows, columns] = [first, second].map(({ layers: { width } }) => sliceOf(head, spec.fusionHeads, width)) as [
      Slice,
      Slice,
    ]; // two streams
    return { rows, columns, weight: createMatrix(`fusion.bilinear.${head}.weight`, rows.size, columns.size, 1, random) };
  });
  const streams = [first, second];
  return {
    parameters: [
      ...streams.flatMap(({ gate, layers }) => [gate, ...layers.parameters]),
      ...heads,
      ...blocks.map(({ weight }) => weight),
    ],
    statistics: streams.flatMap(({ layers }) => layers.statistics),
    forward({ x0 }, pass) {
      const [a, b] = [follow(first, x0, pass), follow(second, x0, pass)];
      let logit = tf.add<tf.Tensor2D>(tf.matMul(a, pass.weight(heads[0]!)), tf.matMul(b, pass.weight(heads[1]!))); // two streams
      for (const { rows, columns, weight } of blocks) {
        const left = tf.matMul(tf.slice(a, [0, rows.begin], [-1, rows.size]), pass.weight(weight));
        const right = tf.slice(b, [0, columns.begin], [-1, columns.size]);
        logit = tf.add(logit, tf.sum(tf.mul(left, right), 1, true));
      }
      return logit;
    },
  };
}

function createStream(name: string, hidden: readonly number[], spec: ModelSpec, { width }: InputShape, random: Random): Stream {
  const { dropout, batchNorm } = spec;
  const layers = createHiddenLayers({ name, inputs: width, hidden, dropout, batchNorm, random });
  const gate = createParameter(`${name}.gate`, [1, width], new Float32Array(width), false);
  return { gate, layers };
}

function follow({ gate, layers }: Stream, x0: tf.Tensor2D, pass: Pass): tf.Tensor2D {
  const gated = tf.mul<tf.Tensor2D>(x0, tf.mul(tf.sigmoid(pass.weight(gate)), 2));
  return layers.forward(gated, pass);
}

interface Slice {
  readonly begin: number;
  readonly size: number;
}

/** The head's share of `width` outputs, equal to within one. */
function sliceOf(head: number, heads: number, width: number): Slice {
  const begin = Math.floor((head * width) / heads);
  return { begin, size: Math.floor(((head + 1) * width) / heads) - begin };
}
