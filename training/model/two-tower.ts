// Two towers (Covington et al., 2016; Yi et al., 2019): logit = bias + query(context) . vector(candidate) + bias(candidate).
import * as tf from "@tensorflow/tfjs";
import type { ModelSpec } from "../../shared/tasks/model-spec.ts";
import type { Random } from "../engine/random.ts";
import type { FloatTower } from "./float-two-tower.ts";
import { createHiddenLayers, exportDense } from "./hidden-layer.ts";
import {
  createMatrix,
  createParameter,
  type InputShape,
  type Net,
  type Parameter,
  type Pass,
  type RunningStatistics,
} from "./net.ts";

/**
 * Served by retrieval, which scores every item by the same sum, from vectors that were computed at publication. It learns from the
 * labels of impressions, unlike the papers, whose data are of clicks alone and whose softmax draws what was not clicked.
 */
export function twoTower(spec: ModelSpec, { width, contextWidth }: InputShape, random: Random): Net {
  const { towerDimension } = spec;
  const context = createTower("context", contextWidth, towerDimension, spec, random);
  const candidate = createTower("candidate", width - contextWidth, towerDimension + 1, spec, random);
  const term = {
    parameters: [...context.parameters, ...candidate.parameters],
    statistics: [...context.statistics, ...candidate.statistics],
    forward({ x0 }: { readonly x0: tf.Tensor2D }, pass: Pass): tf.Tensor2D {
      const query = context.forward(tf.slice(x0, [0, 0], [-1, contextWidth]), pass);
      const item = candidate.forward(tf.slice(x0, [0, contextWidth], [-1, -1]), pass); // vector and bias
      const product = tf.sum<tf.Tensor2D>(tf.mul(query, tf.slice(item, [0, 0], [-1, towerDimension])), 1, true);
      return tf.add(product, tf.slice(item, [0, towerDimension], [-1, 1]));
    },
  };
  const exportTowers = () => ({ context: context.export(), candidate: candidate.export() });
  return { readsX0: true, readsSums: false, terms: [term], export: () => null, exportTowers };
}

interface Tower {
  readonly parameters: readonly Parameter[];
  readonly statistics: readonly RunningStatistics[];
  forward(x: tf.Tensor2D, pass: Pass): tf.Tensor2D;
  export(): FloatTower;
}

/** ReLU layers, and a last one without. */
function createTower(name: string, inputs: number, outputs: number, spec: ModelSpec, random: Random): Tower {
  const { hidden, dropout, batchNorm } = spec;
  const layers = createHiddenLayers({ name, inputs, hidden, dropout, batchNorm, random });
  const weight = createMatrix(`${name}.last.weight`, layers.width, outputs, 1, random);
  const bias = createParameter(`${name}.last.bias`, [1, outputs], new Float32Array(outputs), false);
  return {
    parameters: [...layers.parameters, weight, bias],
    statistics: layers.statistics,
    forward: (x, pass) => tf.add(tf.matMul(layers.forward(x, pass), pass.weight(weight)), pass.weight(bias)),
    export: () => ({ layers: layers.export(), last: exportDense(weight, null, bias.values.slice()) }),
  };
}
