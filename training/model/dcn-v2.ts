// DCN-v2 (Wang et al., 2021), parallel structure: full-rank cross layers beside a multilayer perceptron, their heads summed.
import * as tf from "@tensorflow/tfjs";
import type { ModelSpec } from "../../shared/tasks/task.ts";
import type { Random } from "../engine/random.ts";
import type { FloatModel } from "./float-model.ts";
import { exportDense } from "./hidden-layer.ts";
import { createMlp } from "./mlp.ts";
import { createMatrix, createParameter, type InputShape, type Net, type Term } from "./net.ts";

interface CrossNet {
  readonly term: Term;
  export(): NonNullable<FloatModel["cross"]>;
}

/** x_{l+1} = x0 * (W_l x_l + b_l) + x_l (the paper's equation 1), then a linear head. */
function createCross({ crossLayers }: ModelSpec, { width }: InputShape, random: Random): CrossNet {
  const layers = Array.from({ length: crossLayers }, (_, index) => ({
    weight: createMatrix(`cross.${index}.weight`, width, width, 1, random),
    bias: createParameter(`cross.${index}.bias`, [1, width], new Float32Array(width), false),
  }));
  const head = createMatrix("cross.head.weight", width, 1, 1, random);
  return {
    term: {
      parameters: [...layers.flatMap(({ weight, bias }) => [weight, bias]), head],
      statistics: [],
      forward({ x0 }, pass) {
        let x = x0;
        for (const { weight, bias } of layers) {
          const product = tf.matMul<tf.Tensor2D>(x, pass.weight(weight));
          x = tf.add<tf.Tensor2D>(tf.mul(x0, tf.add(product, pass.weight(bias))), x);
        }
        return tf.matMul(x, pass.weight(head));
      },
    },
    export: () => ({
      layers: layers.map(({ weight, bias }) => exportDense(weight, null, bias.values.slice())),
      head: exportDense(head, null, new Float32Array(1)),
    }),
  };
}

export function dcnV2(spec: ModelSpec, shape: InputShape, random: Random): Net {
  const cross = createCross(spec, shape, random);
  const deep = createMlp(spec, shape, random);
  return {
    readsX0: true,
    readsSums: false,
    terms: [cross.term, deep.term],
    export: () => ({ fm: false, cross: cross.export(), mlp: deep.export() }),
  };
}
