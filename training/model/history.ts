// What the families over the visitor's history have in common: each sequence through an encoder of its own, and an MLP over all there is.
import * as tf from "@tensorflow/tfjs";
import { CodedError } from "../../shared/schemas/coded-error.ts";
import type { ModelSpec } from "../../shared/tasks/model-spec.ts";
import type { Random } from "../engine/random.ts";
import { createMlp } from "./mlp.ts";
import type { HistoryShape, InputShape, Net, Parameter, Pass } from "./net.ts";

/** A sequence of n examples, aligned right: where `filled` [n, positions] is 0, the vector in `items` [n, positions, dimension] is 0. */
export interface Sequence {
  readonly items: tf.Tensor3D;
  readonly filled: tf.Tensor2D;
}

/** What an encoder is made for: its place among the sequences, and how many embedded fields describe the candidate. */
export interface EncoderOptions {
  readonly name: string;
  readonly spec: ModelSpec;
  readonly positions: number;
  readonly dimension: number;
  readonly candidateFields: number;
  readonly random: Random;
}

/** Turns a sequence, in view of the candidate's embeddings [n, dimension] each, into [n, width]. What is not filled must not matter. */
export interface HistoryEncoder {
  readonly parameters: readonly Parameter[];
  readonly width: number;
  encode(sequence: Sequence, candidate: readonly tf.Tensor2D[], pass: Pass): tf.Tensor2D;
}

/** A teacher: nothing that is served reads an order. The MLP sees x0 as that of `mlp` does, the means of the histories included. */
export function createHistoryNet(
  spec: ModelSpec,
  shape: InputShape,
  random: Random,
  createEncoder: (options: EncoderOptions) => HistoryEncoder,
): Net {
  const { embeddingDimension: dimension, history } = shape;
  if (!history) throw refusal(spec);
  const candidateFields = history.candidateColumns.length;
  const encoders = history.positions.map((positions, index) =>
    createEncoder({ name: `history.${index}`, spec, positions, dimension, candidateFields, random }),
  );
  const width = encoders.reduce((sum, encoder) => sum + encoder.width, history.ownWidth);
  const { term: deep } = createMlp(spec, { width }, random);
  return {
    readsX0: true,
    readsSums: false,
    export: () => null,
    terms: [
      {
        parameters: [...encoders.flatMap(({ parameters }) => parameters), ...deep.parameters],
        statistics: deep.statistics,
        forward({ x0, sums }, pass) {
          const { own, sequences, candidate } = takeApart(x0, history, dimension);
          const encoded = encoders.map((encoder, index) => encoder.encode(sequences[index]!, candidate, pass));
          return deep.forward({ x0: tf.concat([own, ...encoded], 1), sums }, pass);
        },
      },
    ],
  };
}

function refusal({ family }: ModelSpec): CodedError {
  const detail = `${family} reads histories in order, and the features have none: give the task a field of the kind "sequence"`;
  return new CodedError("history_missing", "model.family", detail);
}

/** A mask is no variable: nothing flows back into it, so that nothing is computed for it. */
const constant = tf.customGrad((...args: (tf.Tensor | tf.GradSaveFunc)[]) => {
  const mask = args[0] as tf.Tensor; // as called below
  return { value: tf.clone(mask), gradFunc: (dy: tf.Tensor) => tf.zerosLike(dy) };
});

function takeApart(x0: tf.Tensor2D, { ownWidth, positions, candidateColumns }: HistoryShape, dimension: number) {
  const sizes = [ownWidth, ...positions.flatMap((count) => [count * dimension, count])];
  const [own, ...parts] = tf.split(x0, sizes, 1) as [tf.Tensor2D, ...tf.Tensor2D[]]; // matrices, as x0 is
  return {
    own,
    sequences: positions.map(
      (count, index): Sequence => ({
        items: parts[2 * index]!.reshape([-1, count, dimension]),
        filled: constant(parts[2 * index + 1]!) as tf.Tensor2D, // what it is given
      }),
    ),
    candidate: candidateColumns.map((column) => tf.slice(own, [0, column], [-1, dimension])),
  };
}

/**
 * A summary [n, dimension] of a history beside its products with each of the candidate's embeddings: summed up, they would be the dot
 * product by which both GRU4Rec and Caser score an item.
 */
export function matchCandidate(summary: tf.Tensor2D, candidate: readonly tf.Tensor2D[]): tf.Tensor2D {
  return tf.concat([summary, ...candidate.map((embedding) => tf.mul<tf.Tensor2D>(summary, embedding))], 1);
}
