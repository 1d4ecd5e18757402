// Multilayer perceptron: logit = bias + w . h_L, with h_{l+1} = ReLU(W_l h_l + b_l) and h_0 = x0.
import * as tf from "@tensorflow/tfjs";
import type { ModelSpec } from "../../shared/tasks/task.ts";
import type { Random } from "../engine/random.ts";
import type { FloatModel } from "./float-model.ts";
import { createHiddenLayer, exportDense } from "./hidden-layer.ts";
import { createMatrix, type InputShape, type Net, type Term } from "./net.ts";

/** The deep part that this and other families have in common, with its export. */
export interface Mlp {
  readonly term: Term;
  export(): NonNullable<FloatModel["mlp"]>;
}

export function createMlp({ hidden, dropout, batchNorm }: ModelSpec, { width }: InputShape, random: Random): Mlp {
  const layers = hidden.map((outputs, index) => {
    const inputs = index === 0 ? width : hidden[index - 1]!;
    return createHiddenLayer({ name: `mlp.${index}`, inputs, outputs, dropout, batchNorm, random });
  });
  const head = createMatrix("mlp.head.weight", hidden.at(-1) ?? width, 1, 1, random);
  return {
    term: {
      parameters: [...layers.flatMap((layer) => layer.parameters), head],
      statistics: layers.flatMap((layer) => layer.statistics),
      forward({ x0 }, pass) {
        const last = layers.reduce((x, layer) => layer.forward(x, pass), x0);
        return tf.matMul(last, pass.weight(head));
      },
    },
    export: () => ({ layers: layers.map((layer) => layer.export()), head: exportDense(head, null, new Float32Array(1)) }),
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
