// Multilayer perceptron: logit = bias + w . h_L, with h_{l+1} = ReLU(W_l h_l + b_l) and h_0 = x0.
import * as tf from "@tensorflow/tfjs";
import type { ModelSpec } from "../../shared/tasks/model-spec.ts";
import type { Random } from "../engine/random.ts";
import type { FloatModel } from "./float-model.ts";
import { createHiddenLayers, exportDense } from "./hidden-layer.ts";
import { createMatrix, type InputShape, type Net, type Term } from "./net.ts";

/** The deep part that this and other families have in common, with its export. */
export interface Mlp {
  readonly term: Term;
  export(): NonNullable<FloatModel["mlp"]>;
}

export function createMlp(spec: ModelSpec, { width }: Pick<InputShape, "width">, random: Random, name = "mlp"): Mlp {
  const { hidden, dropout, batchNorm } = spec;
  const layers = createHiddenLayers({ name, inputs: width, hidden, dropout, batchNorm, random });
  const head = createMatrix(`${name}.head.weight`, layers.width, 1, 1, random);
  return {
    term: {
      parameters: [...layers.parameters, head],
      statistics: layers.statistics,
      forward: ({ x0 }, pass) => tf.matMul(layers.forward(x0, pass), pass.weight(head)),
    },
    export: () => ({ layers: layers.export(), head: exportDense(head, null, new Float32Array(1)) }),
  };
}

export function mlp(spec: ModelSpec, shape: InputShape, random: Random): Net {
  const deep = createMlp(spec, shape, random);
  return {
    readsX0: true,
    readsSums: false,
    terms: [deep.term],
    export: () => ({ fm: false, cross: null, mlp: deep.export() }),
  };
}
