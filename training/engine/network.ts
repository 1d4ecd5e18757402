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

interface Reported {
  readonly statistics: RunningStatistics;
  readonly mean: tf.Tensor;
  readonly variance: tf.Tensor;
}

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
    const reported: Reported[] = [];
    const { value, grads } = tf.tidy(() => {
      const inputs = this.#inputs(gathered);
      const targets = [labels, ...(this.net.join ? [through] : [])].map((values) => toColumn(values, gathered.count));
      const loss = (...tensors: tf.Tensor[]) => this.#loss(this.#forward(inputs, tensors, reported), targets);
      return tf.valueAndGrads(loss)(this.#arguments(inputs));
    });
    const [loss, ...gradients] = await Promise.all([value, ...grads].map(readAndDispose));
    for (const { statistics, mean, variance } of reported)
      statistics.observe(await readAndDispose(mean), await readAndDispose(variance));
    const { readsX0, readsSums } = this.net;
    const x0 = readsX0 ? gradients.shift()! : null;
    const sums = readsSums ? gradients.shift()! : null;
    return { loss: loss![0]!, x0, sums, parameters: gradients };
  }

  /** `targets`: the label, and in a net of two labels the step on the way to it. */
  #loss(sum: tf.Tensor2D, [label, through]: readonly tf.Tensor2D[]): tf.Scalar {
    if (!this.net.join) return logloss(sum, label!);
    const joint = this.net.join(sum);
    return tf.add(logloss(joint.label, label!), logloss(joint.through, through!));
  }

  /** Logits in prediction: running statistics, no dropout. */
  async logits(gathered: Gathered): Promise<Float32Array> {
    return this.#predict(gathered, (sum) => this.net.join?.(sum).label ?? sum);
  }

  /** As `logits`, of the label once the step on the way to it is taken. */
  async logitsAfterThrough(gathered: Gathered): Promise<Float32Array> {
    const { join } = this.net;
    if (!join) throw new Error("the net knows of no step on the way to the label");
    return this.#predict(gathered, (sum) => join(sum).afterThrough);
  }

  #predict(gathered: Gathered, read: (sum: tf.Tensor2D) => tf.Tensor2D): Promise<Float32Array> {
    return readAndDispose(
      tf.tidy(() => {
        const inputs = this.#inputs(gathered);
        return read(this.#forward(inputs, this.#arguments(inputs), null));
      }),
    );
  }

  #inputs({ count, width, x0, sums }: Gathered): Inputs {
    return {
      x0: tf.tensor2d(x0.subarray(0, count * width), [count, width]),
      sums: toColumn(sums, count),
    };
  }

  /** The inputs that the net reads, then the parameters: what the loss is differentiated by. */
  #arguments({ x0, sums }: Inputs): tf.Tensor[] {
    const parameters = this.parameters.map(({ values, shape }) => tf.tensor2d(values, shape));
    return [...(this.net.readsX0 ? [x0] : []), ...(this.net.readsSums ? [sums] : []), ...parameters];
  }

  /** The sum of the terms. `reported` is null in prediction. `tensors` are those of `#arguments`. */
  #forward(inputs: Inputs, tensors: readonly tf.Tensor[], reported: Reported[] | null): tf.Tensor2D {
    const ownTensors = tensors.slice(tensors.length - this.parameters.length) as tf.Tensor2D[]; // parameters are matrices
    const byParameter = new Map(this.parameters.map((parameter, index) => [parameter, ownTensors[index]!]));
    let maskCount = 0;
    const pass: Pass = {
      training: reported !== null,
      weight: (parameter) => byParameter.get(parameter)!,
      mask: (shape, rate) => this.#mask(maskCount++, shape, rate),
      report: (statistics, mean, variance) => reported?.push({ statistics, mean: tf.keep(mean), variance: tf.keep(variance) }),
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
