// Shapes A and B: models of random weights from a seed, shaped like trained ones, quantized as a training run quantizes.
import type { FeatureMap } from "../../../shared/features/feature-map.ts";
import { IDENTITY } from "../../../shared/scoring/calibration.ts";
import type { DenseLayer, FloatModel } from "../../../training/model/float-model.ts";
import { floatLogits } from "../../../training/quantize/float-forward.ts";
import { quantize } from "../../../training/quantize/quantize.ts";
import { type Random, seededRandom } from "../../shared/scoring/random-model.ts";
import { normal } from "../../training/quantize/random-float-model.ts";
import { datasetOf, inputMaxima } from "./sample.ts";
import { MAX_CANDIDATES, type Shape } from "./shape.ts";

interface Net {
  readonly name: string;
  readonly contextFields: number;
  readonly fields: number;
  readonly hidden: readonly number[];
}

export const SHAPE_A: Net = { name: "A", contextFields: 14, fields: 24, hidden: [256, 128, 64] };
export const SHAPE_B: Net = { name: "B", contextFields: 23, fields: 39, hidden: [400, 400, 400] };

const DIMENSION = 16;
/** Rows of each field's table: enough that gathering does not always hit the first cache. */
const FIELD_ROWS = 2000;
const SAMPLE_SIZE = 512;
/** Standard deviation of the logits: a model that orders ads, so that probabilities which agree mean something. */
const LOGIT_SPREAD = 1;

export function randomShape(net: Net, seed: number): Shape {
  const random = seededRandom(seed);
  const drawRows = (count: number) => Array.from({ length: count }, () => drawExample(net, random));
  const sampleRows = drawRows(SAMPLE_SIZE);
  const model = spread(drawModel(net, random), sampleRows);
  const sample = datasetOf(sampleRows, net.contextFields);
  const [context = [], ...candidates] = drawRows(1 + MAX_CANDIDATES);
  const rows = candidates.map((fields) => [...context.slice(0, net.contextFields), ...fields.slice(net.contextFields)]);
  return { ...quantize(model, sample), name: net.name, calibration: IDENTITY, rows, inputMaxima: inputMaxima(model, sample) };
}

const drawExample = ({ fields }: Net, random: Random): number[] =>
  Array.from({ length: fields }, (_, f) => f * FIELD_ROWS + Math.floor(random() * FIELD_ROWS));

/** Lognormal norms of embeddings, He-scaled layers: about half of the units are off for an example. */
function drawModel(net: Net, random: Random): FloatModel {
  const featureMap = describeFields(net);
  const sizes = [net.fields * DIMENSION, ...net.hidden];
  const norms = Float32Array.from({ length: featureMap.rowCount }, () => 0.15 * Math.exp(0.4 * normal(random)));
  const layers = sizes.map((inputs, l) => drawLayer(inputs, sizes[l + 1] ?? 1, random));
  return {
    featureMap,
    embeddingDimension: DIMENSION,
    bias: -1,
    linear: null,
    embedding: Float32Array.from(
      { length: featureMap.rowCount * DIMENSION },
      (_, i) => (norms[Math.floor(i / DIMENSION)] as number) * normal(random), // a norm a row
    ),
    fm: false,
    cross: null,
    mlp: { layers: layers.slice(0, -1), head: layers.at(-1) as DenseLayer }, // there is one for every size
  };
}

function drawLayer(inputs: number, outputs: number, random: Random): DenseLayer {
  const weight = Float32Array.from({ length: inputs * outputs }, () => normal(random) * Math.sqrt(2 / inputs));
  return { inputs, outputs, weight, bias: Float32Array.from({ length: outputs }, () => normal(random) * 0.05) };
}

function describeFields({ contextFields, fields }: Net): FeatureMap {
  return {
    version: 1,
    rowCount: fields * FIELD_ROWS,
    fields: Array.from({ length: fields }, (_, f) => ({
      name: `field${f}`,
      from: f < contextFields ? ("context" as const) : ("candidate" as const),
      firstRow: f * FIELD_ROWS,
      rowCount: FIELD_ROWS,
      kind: "categorical" as const,
      ids: { hashSpace: FIELD_ROWS - 1, hashVersion: 1 as const },
    })),
  };
}

/** Stretches the head until logits differ as those of a trained model do, and centres them. */
function spread(model: FloatModel, rows: Shape["rows"]): FloatModel {
  const logits = floatLogits(model, datasetOf(rows, model.featureMap.fields.filter(({ from }) => from === "context").length));
  const mean = logits.reduce((sum, logit) => sum + logit, 0) / logits.length;
  const deviation = Math.sqrt(logits.reduce((sum, logit) => sum + (logit - mean) ** 2, 0) / logits.length);
  const { layers, head } = model.mlp as NonNullable<FloatModel["mlp"]>; // drawn with one
  const factor = LOGIT_SPREAD / deviation;
  const stretched = { ...head, weight: head.weight.map((w) => w * factor), bias: head.bias.map((b) => b * factor) };
  return { ...model, bias: -1 - (mean - model.bias) * factor, mlp: { layers, head: stretched } };
}
