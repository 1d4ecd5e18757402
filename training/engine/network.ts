// Runs a net in tfjs: loss and gradients at the gathered inputs and at every parameter, or logits alone.
import * as tf from "@tensorflow/tfjs";
import { createParameter, type Inputs, type Net, type Parameter, type Pass, type RunningStatistics } from "../model/net.ts";
import type { Random } from "./random.ts";

/** The inputs of one batch, as the table gathered them; the arrays may be longer than `count` examples. */
export interface Gathered {
  readonly count: number;
  readonly width: number;
  readonly x0: Float32Array;
  readonly sums: Float32Array;
}

/** `x0` and `sums` are null where the net does not read them; `parameters` in the order of `Network.parameters`. */
export interface Gradients {
  readonly loss: number;
  readonly x0: Float32Array | null;
  readonly sums: Float32Array | null;
  readonly parameters: readonly Float32Array[];
}

/** A layer's statistics of one batch, for its `observe`. */
export interface Reported {
  readonly statistics: RunningStatistics;
  readonly mean: tf.Tensor;
  readonly variance: tf.Tensor;
}

/** The tensors of `Gradients`, and what batch norm saw; whoever asked disposes of them. */
export interface Differentiated {
  readonly loss: tf.Tensor;
  readonly x0: tf.Tensor | null;
  readonly sums: tf.Tensor | null;
  readonly parameters: readonly tf.Tensor[];
  readonly reported: readonly Reported[];
}

/** The dropout mask of a given index in the pass. */
export type CreateMask = (index: number, shape: [number, number], rate: number) => tf.Tensor2D;

export class Network {
  readonly net: Net;
  readonly bias: Parameter;
  readonly parameters: readonly Parameter[];
  readonly #random: Random;
  readonly #masks: Float32Array[] = [];

  constructor(net: Net, random: Random) {
    this.net = net;
    const logitCount = net.join ? 2 : 1;
    this.bias = createParameter("bias", [1, logitCount], new Float32Array(logitCount), false);
    this.parameters = [this.bias, ...net.terms.flatMap((term) => term.parameters)];
    this.#random = random;
  }

  /** Mean logloss of a batch, and its gradients; of a net of two labels the sum of both loglosses, `through` being the other label. */
  async gradients(gathered: Gathered, labels: Float32Array, through: Float32Array = new Float32Array(0)): Promise<Gradients> {
    const inputs = this.#inputs(gathered);
    const targets = [labels, ...(this.net.join ? [through] : [])].map((values) => toColumn(values, gathered.count));
    const parameters = this.#parameterTensors();
    const mask: CreateMask = (index, shape, rate) => this.#mask(index, shape, rate);
    const found = this.differentiate(inputs, targets, parameters, mask);
    tf.dispose([inputs.x0, inputs.sums, ...targets, ...parameters]);
    const read = (tensor: tf.Tensor | null) => (tensor ? readAndDispose(tensor) : null);
    const [loss, x0, sums, ...own] = await Promise.all([
      readAndDispose(found.loss),
      read(found.x0),
      read(found.sums),
      ...found.parameters.map(readAndDispose),
    ]);
    for (const { statistics, mean, variance } of found.reported)
      statistics.observe(await readAndDispose(mean), await readAndDispose(variance));
    return { loss: loss[0]!, x0, sums, parameters: own };
  }

  /** The same on tensors, which stay on the device. `parameters` in the order of `this.parameters`; `targets`: see `#loss`. */
  differentiate(
    inputs: Inputs,
    targets: readonly tf.Tensor2D[],
    parameters: readonly tf.Tensor[],
    mask: CreateMask,
  ): Differentiated {
    const { readsX0, readsSums } = this.net;
    const reported: Reported[] = [];
    const loss = (...tensors: tf.Tensor[]) => this.#loss(this.#forward(inputs, tensors, { reported, mask }), targets);
    const read = [...(readsX0 ? [inputs.x0] : []), ...(readsSums ? [inputs.sums] : [])];
    const { value, grads } = tf.tidy(() => tf.valueAndGrads(loss)([...read, ...parameters]));
    const x0 = readsX0 ? grads.shift()! : null;
    const sums = readsSums ? grads.shift()! : null;
    return { loss: value, x0, sums, parameters: grads, reported };
  }

  /** `targets`: the label, and in a net of two labels the step on the way to it. */
  #loss(sum: tf.Tensor2D, [label, through]: readonly tf.Tensor2D[]): tf.Scalar {
    if (!this.net.join) return logloss(sum, label!);
    const joint = this.net.join(sum);
    return tf.add(logloss(joint.label, label!), logloss(joint.through, through!));
  }

  /** Logits in prediction: running statistics, no dropout. */
  async logits(gathered: Gathered): Promise<Float32Array> {
    return readAndDispose(tf.tidy(() => this.predict(this.#inputs(gathered))));
  }

  /** As `logits`, of the label once the step on the way to it is taken. */
  async logitsAfterThrough(gathered: Gathered): Promise<Float32Array> {
    return readAndDispose(tf.tidy(() => this.predictAfterThrough(this.#inputs(gathered))));
  }

  /** `logits` on tensors, with `values` of the parameters as they are here. */
  predict(inputs: Inputs): tf.Tensor2D {
    const sum = this.#forward(inputs, this.#parameterTensors(), null);
    return this.net.join?.(sum).label ?? sum;
  }

  /** `logitsAfterThrough` on tensors. */
  predictAfterThrough(inputs: Inputs): tf.Tensor2D {
    const { join } = this.net;
    if (!join) throw new Error("the net knows of no step on the way to the label");
    return join(this.#forward(inputs, this.#parameterTensors(), null)).afterThrough;
  }

  #inputs({ count, width, x0, sums }: Gathered): Inputs {
    return {
      x0: tf.tensor2d(x0.subarray(0, count * width), [count, width]),
      sums: toColumn(sums, count),
    };
  }

  #parameterTensors(): tf.Tensor[] {
    return this.parameters.map(({ values, shape }) => tf.tensor2d(values, shape));
  }

  /** The sum of the terms. `tensors` ends with those of the parameters; `training` is null in prediction. */
  #forward(
    inputs: Inputs,
    tensors: readonly tf.Tensor[],
    training: { readonly reported: Reported[]; readonly mask: CreateMask } | null,
  ): tf.Tensor2D {
    const ownTensors = tensors.slice(tensors.length - this.parameters.length) as tf.Tensor2D[]; // parameters are matrices
    const byParameter = new Map(this.parameters.map((parameter, index) => [parameter, ownTensors[index]!]));
    let maskCount = 0;
    const pass: Pass = {
      training: training !== null,
      weight: (parameter) => byParameter.get(parameter)!,
      mask: (shape, rate) => training!.mask(maskCount++, shape, rate), // only asked for in training
      report: (statistics, mean, variance) =>
        training?.reported.push({ statistics, mean: tf.keep(mean), variance: tf.keep(variance) }),
    };
    const sum = this.net.terms.map((term) => term.forward(inputs, pass)).reduce((a, b) => tf.add<tf.Tensor2D>(a, b));
    return tf.add<tf.Tensor2D>(sum, pass.weight(this.bias));
  }

  #mask(index: number, shape: [number, number], rate: number): tf.Tensor2D {
    const length = shape[0] * shape[1];
    if ((this.#masks[index]?.length ?? 0) < length) this.#masks[index] = new Float32Array(length);
    return tf.tensor2d(this.#random.fillDropout(this.#masks[index]!.subarray(0, length), rate), shape);
  }
}

/** The first `count` values, [count, 1]. */
function toColumn(values: Float32Array, count: number): tf.Tensor2D {
  return tf.tensor2d(values.subarray(0, count), [count, 1]);
}

async function readAndDispose(tensor: tf.Tensor): Promise<Float32Array> {
  const values = (await tensor.data()) as Float32Array; // every tensor of a net is float32
  tensor.dispose();
  return values;
}

/** Mean of log(1 + exp(x)) - x z; its gradient, (sigmoid(x) - z) / n, also at x = 0, where tfjs's own loss errs. */
function logloss(logits: tf.Tensor2D, labels: tf.Tensor2D): tf.Scalar {
  const operation = tf.customGrad((...args: (tf.Tensor | tf.GradSaveFunc)[]) => {
    const [x, save] = args as [tf.Tensor2D, tf.GradSaveFunc]; // as called below
    const softplus = tf.add(tf.relu(x), tf.log1p(tf.exp(tf.neg(tf.abs(x)))));
    save([x]);
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]) => tf.mul(tf.sub(tf.sigmoid(saved[0]!), labels), tf.div(dy, x.shape[0]));
    return { value: tf.mean(tf.sub(softplus, tf.mul(x, labels))), gradFunc };
  });
  return operation(logits) as tf.Scalar; // a mean over everything
}
