// One fixed batch through a small DeepFM, against plain loops in f64: a device that computes something else must not train.
import { CodedError, parse } from "../../shared/schemas/coded-error.ts";
import { ModelSpec } from "../../shared/tasks/model-spec.ts";
import { deepfm } from "../model/deepfm.ts";
import { type Gathered, type Gradients, Network } from "./network.ts";
import { Random } from "./random.ts";

const FIELDS = 5;
const DIMENSION = 9;
const WIDTH = FIELDS * DIMENSION;
const HIDDEN = 150;
const EXAMPLES = 1003;

/** No hidden unit is nearer to 0 than this before its ReLU: rounding, be it TF32's, shall not decide whether it is on. */
const MARGIN = 0.004;

/**
 * Milliseconds that a second run of the batch takes. Throws `device_incorrect` where the loss or a gradient is further from the
 * f64 reference than `tolerance` of the largest of its kind.
 */
export async function checkDevice(name: string, tolerance: number): Promise<number> {
  const network = createCheckNetwork();
  const { gathered, labels } = createCheckBatch(network);
  const wanted = referenceGradients(network, gathered, labels);
  const got = await network.gradients(gathered, labels).catch((cause) => {
    const detail = `${name} cannot run the net (${cause instanceof Error ? cause.message : cause}): use another --device`;
    throw new CodedError("device_incorrect", "device", detail, undefined, { cause });
  });
  const worst = Math.max(...pairs(wanted, got).map(([a, b]) => relativeError(a, b)));
  if (!(worst <= tolerance)) {
    const detail = `${name} computes wrong gradients (relative error ${worst.toExponential(1)}, tolerance ${tolerance}): use another --device`;
    throw new CodedError("device_incorrect", "device", detail);
  }
  const begun = performance.now();
  await network.gradients(gathered, labels);
  return performance.now() - begun;
}

function createCheckNetwork(): Network {
  const spec = parse(ModelSpec, { hidden: [HIDDEN] });
  const embeddedColumns = Array.from({ length: FIELDS }, (_, field) => field * DIMENSION);
  const network = new Network(
    deepfm(spec, { width: WIDTH, contextWidth: WIDTH, embeddingDimension: DIMENSION, embeddedColumns }, new Random(1)),
    new Random(2),
  );
  for (const { name, values } of network.parameters) if (name.endsWith("bias")) new Random(3).fillUniform(values, 0.5);
  return network;
}

function createCheckBatch(network: Network): { gathered: Gathered; labels: Float32Array } {
  const { weight, hiddenBias } = weightsOf(network);
  const random = new Random(4);
  const x0 = new Float32Array(EXAMPLES * WIDTH);
  for (let e = 0; e < EXAMPLES; e++) {
    const x = x0.subarray(e * WIDTH, (e + 1) * WIDTH);
    do random.fillUniform(x, 1);
    while (beforeRelu(x, weight, hiddenBias).some((unit) => Math.abs(unit) < MARGIN));
  }
  const sums = random.fillUniform(new Float32Array(EXAMPLES), 1);
  const labels = Float32Array.from({ length: EXAMPLES }, () => (random.uniform() < 0.3 ? 1 : 0));
  return { gathered: { count: EXAMPLES, width: WIDTH, x0, sums }, labels };
}

function weightsOf({ parameters }: Network) {
  const values = parameters.map((parameter) => parameter.values);
  const [bias, weight, hiddenBias, head] = values as [Float32Array, Float32Array, Float32Array, Float32Array]; // as deepfm declares them
  return { bias, weight, hiddenBias, head };
}

/** DeepFM with one hidden layer and its gradients, by the chain rule, one example after the other. */
function referenceGradients(network: Network, { x0, sums }: Gathered, labels: Float32Array): Gradients {
  const { bias, weight, hiddenBias, head } = weightsOf(network);
  const dX0 = new Float32Array(x0.length);
  const dSums = new Float32Array(sums.length);
  const totals = [bias, weight, hiddenBias, head].map(({ length }) => new Float64Array(length)) as Float64Array[];
  let loss = 0;
  for (let e = 0; e < EXAMPLES; e++) {
    const x = x0.subarray(e * WIDTH, (e + 1) * WIDTH);
    const units = beforeRelu(x, weight, hiddenBias).map((unit) => Math.max(unit, 0));
    const fieldSum = sumFields(x);
    const pairwise = 0.5 * (dot(fieldSum, fieldSum) - dot(x, x));
    const logit = bias[0]! + sums[e]! + pairwise + dot(units, head);
    const d = (1 / (1 + Math.exp(-logit)) - labels[e]!) / EXAMPLES;
    loss += (Math.max(logit, 0) + Math.log1p(Math.exp(-Math.abs(logit))) - logit * labels[e]!) / EXAMPLES;
    dSums[e] = d;
    totals[0]![0]! += d;
    for (let i = 0; i < WIDTH; i++) dX0[e * WIDTH + i] = d * (fieldSum[i % DIMENSION]! - x[i]!);
    for (let h = 0; h < HIDDEN; h++) {
      totals[3]![h]! += d * units[h]!;
      if (units[h] === 0) continue;
      const dUnit = d * head[h]!;
      totals[2]![h]! += dUnit;
      for (let i = 0; i < WIDTH; i++) {
        totals[1]![i * HIDDEN + h]! += dUnit * x[i]!;
        dX0[e * WIDTH + i]! += dUnit * weight[i * HIDDEN + h]!;
      }
    }
  }
  return { loss, x0: dX0, sums: dSums, parameters: totals.map((total) => Float32Array.from(total)) };
}

function beforeRelu(x: Float32Array, weight: Float32Array, bias: Float32Array): Float64Array {
  const units = Float64Array.from(bias);
  for (let i = 0; i < WIDTH; i++) for (let h = 0; h < HIDDEN; h++) units[h]! += x[i]! * weight[i * HIDDEN + h]!;
  return units;
}

function sumFields(x: Float32Array): Float64Array {
  const sum = new Float64Array(DIMENSION);
  x.forEach((value, i) => {
    sum[i % DIMENSION]! += value;
  });
  return sum;
}

type Vector = Float32Array | Float64Array;

function dot(a: Vector, b: Vector): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

function pairs(a: Gradients, b: Gradients): [Vector, Vector][] {
  const loss: [Vector, Vector] = [Float64Array.of(a.loss), Float64Array.of(b.loss)];
  return [
    loss,
    [a.x0!, b.x0!],
    [a.sums!, b.sums!],
    ...a.parameters.map((p, index): [Vector, Vector] => [p, b.parameters[index]!]),
  ];
}

/** Largest difference, over the largest magnitude wanted. */
function relativeError(wanted: Vector, got: Vector): number {
  let difference = 0;
  let largest = 0;
  wanted.forEach((value, index) => {
    difference = Math.max(difference, Math.abs(value - got[index]!));
    largest = Math.max(largest, Math.abs(value));
  });
  return difference / largest;
}
