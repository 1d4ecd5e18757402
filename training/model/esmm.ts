// ESMM, the entire space multi-task model (Ma et al., 2018): pCTCVR = pCTR * pCVR over all impressions, two MLPs on the same embeddings.
import * as tf from "@tensorflow/tfjs";
import type { ModelSpec } from "../../shared/tasks/model-spec.ts";
import type { Random } from "../engine/random.ts";
import { createMlp } from "./mlp.ts";
import type { InputShape, JointLogits, Net, Term } from "./net.ts";

/**
 * A teacher: a product of two probabilities is not served. pCVR has no loss of its own, which only clicked examples could give: it is
 * learnt as what pCTR has to be multiplied by (the paper's section 2.3).
 */
export function esmm(spec: ModelSpec, shape: InputShape, random: Random): Net {
  const click = createMlp(spec, shape, random, "ctr");
  const conversion = createMlp(spec, shape, random, "cvr");
  return {
    readsX0: true,
    readsSums: false,
    terms: [besides(click.term, conversion.term)],
    join: joinEntireSpace,
    export: () => null,
  };
}

/** Two logits side by side, [examples, 2]. */
function besides(left: Term, right: Term): Term {
  return {
    parameters: [...left.parameters, ...right.parameters],
    statistics: [...left.statistics, ...right.statistics],
    forward: (inputs, pass) => tf.concat([left.forward(inputs, pass), right.forward(inputs, pass)], 1),
  };
}

/**
 * Of the logits a of the step and b of the label after it, [examples, 2]. With p = sigmoid(a) sigmoid(b), 1 / p = (1 + e^-a)(1 + e^-b),
 * so that p / (1 - p) = 1 / (e^-a + e^-b + e^(-a-b)): its logarithm overflows nowhere, however small p is.
 */
export function joinEntireSpace(sum: tf.Tensor2D): JointLogits {
  const exponents = tf.tensor2d([1, 0, 1, 0, 1, 1], [2, 3]);
  return {
    label: tf.neg(tf.logSumExp(tf.matMul(tf.neg(sum), exponents), 1, true)),
    through: tf.slice(sum, [0, 0], [-1, 1]),
    afterThrough: tf.slice(sum, [0, 1], [-1, 1]),
  };
}
