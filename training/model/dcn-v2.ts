// DCN-v2 (Wang et al., 2021), parallel structure: cross layers beside a multilayer perceptron, their heads summed.
import * as tf from "@tensorflow/tfjs";
import type { ModelSpec } from "../../shared/tasks/model-spec.ts";
import type { Random } from "../engine/random.ts";
import type { FloatModel } from "./float-model.ts";
import { exportDense } from "./hidden-layer.ts";
import { createMlp } from "./mlp.ts";
import { createMatrix, createParameter, type InputShape, type Net, type Parameter, type Term } from "./net.ts";

interface CrossNet {
  readonly term: Term;
  export(): NonNullable<FloatModel["cross"]>;
}

/** One cross layer's W and b; `down` is V of the low-rank W = U V (the paper's section 3.3), null for a full one. */
interface CrossLayerParameters {
  readonly down: Parameter | null;
  readonly weight: Parameter;
  readonly bias: Parameter;
}

function createCrossLayer(index: number, { crossRank }: ModelSpec, width: number, random: Random): CrossLayerParameters {
  const name = `cross.${index}`;
  return {
    down: crossRank === null ? null : createMatrix(`${name}.down.weight`, width, crossRank, 1, random),
    weight: createMatrix(`${name}.weight`, crossRank ?? width, width, 1, random),
    bias: createParameter(`${name}.bias`, [1, width], new Float32Array(width), false),
  };
}

/** x_{l+1} = x0 * (W_l x_l + b_l) + x_l (the paper's equation 1), then a linear head. */
function createCross(spec: ModelSpec, { width }: InputShape, random: Random): CrossNet {
  const layers = Array.from({ length: spec.crossLayers }, (_, index) => createCrossLayer(index, spec, width, random));
  const head = createMatrix("cross.head.weight", width, 1, 1, random);
  return {
    term: {
      parameters: [...layers.flatMap(({ down, weight, bias }) => [...(down ? [down] : []), weight, bias]), head],
      statistics: [],
      forward({ x0 }, pass) {
        let x = x0;
        for (const { down, weight, bias } of layers) {
          const narrow = down ? tf.matMul<tf.Tensor2D>(x, pass.weight(down)) : x;
          const product = tf.matMul<tf.Tensor2D>(narrow, pass.weight(weight));
          x = tf.add<tf.Tensor2D>(tf.mul(x0, tf.add(product, pass.weight(bias))), x);
        }
        return tf.matMul(x, pass.weight(head));
      },
    },
    export: () => ({
      layers: layers.map(({ down, weight, bias }) => ({
        down: down && exportDense(down, null, new Float32Array(down.shape[1])),
        up: exportDense(weight, null, bias.values.slice()),
      })),
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
