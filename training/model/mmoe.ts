// MMoE, multi-gate mixture-of-experts (Ma et al., 2018): every task mixes the same experts by a gate of its own, and has a tower of its own.
import * as tf from "@tensorflow/tfjs";
import type { ModelSpec } from "../../shared/tasks/model-spec.ts";
import type { Random } from "../engine/random.ts";
import { joinEntireSpace } from "./esmm.ts";
import { createHiddenLayers, type HiddenLayers } from "./hidden-layer.ts";
import { createMatrix, type InputShape, type Net, type Parameter, type Term } from "./net.ts";

/**
 * A teacher: gates are not served. Its tasks are the step on the way to the label, and the label after that step; they are joined as
 * ESMM joins them, so that both are learnt over all examples.
 */
export function mmoe(spec: ModelSpec, shape: InputShape, random: Random): Net {
  return {
    readsX0: true,
    readsSums: false,
    terms: [createMixture(spec, shape, random)],
    join: joinEntireSpace,
    export: () => null,
  };
}

/** `gate` [width of x0, experts], `head` [width of the tower, 1]. */
interface MixingTask {
  readonly gate: Parameter;
  readonly tower: HiddenLayers;
  readonly head: Parameter;
}

function createMixture(spec: ModelSpec, { width }: InputShape, random: Random): Term {
  const { dropout, batchNorm } = spec;
  const experts = Array.from({ length: spec.experts }, (_, index) =>
    createHiddenLayers({ name: `expert.${index}`, inputs: width, hidden: spec.hidden, dropout, batchNorm, random }),
  );
  const tasks = ["through", "label"].map((name): MixingTask => {
    const inputs = spec.hidden.at(-1) ?? width;
    const tower = createHiddenLayers({ name: `${name}.tower`, inputs, hidden: spec.towerHidden, dropout, batchNorm, random });
    const gate = createMatrix(`${name}.gate.weight`, width, spec.experts, 1, random);
    return { gate, tower, head: createMatrix(`${name}.head.weight`, tower.width, 1, 1, random) };
  });
  return {
    parameters: [
      ...experts.flatMap(({ parameters }) => parameters),
      ...tasks.flatMap(({ gate, tower, head }) => [gate, ...tower.parameters, head]),
    ],
    statistics: [...experts, ...tasks.map(({ tower }) => tower)].flatMap(({ statistics }) => statistics),
    forward({ x0 }, pass) {
      const opinions = experts.map((expert) => expert.forward(x0, pass)); // f_i(x)
      return tf.concat(
        tasks.map(({ gate, tower, head }) =>
          tf.matMul(tower.forward(mix(opinions, tf.matMul(x0, pass.weight(gate))), pass), pass.weight(head)),
        ),
        1,
      );
    },
  };
}

/** f^k(x) = sum over experts of g^k(x)_i f_i(x), with g^k(x) = softmax(W_gk x): the paper's equations 6 and 7. */
function mix(opinions: readonly tf.Tensor2D[], gateLogits: tf.Tensor2D): tf.Tensor2D {
  const gates = tf.softmax(gateLogits); // [examples, experts]
  return opinions
    .map((opinion, index) => tf.mul<tf.Tensor2D>(opinion, tf.slice(gates, [0, index], [-1, 1])))
    .reduce((a, b) => tf.add<tf.Tensor2D>(a, b));
}
