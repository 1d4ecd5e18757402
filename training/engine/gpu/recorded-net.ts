// The net's part of a step for one number of examples, recorded once: forward, backward, and the report.
import * as tf from "@tensorflow/tfjs";
import type { Inputs, RunningStatistics } from "../../model/net.ts";
import type { Differentiated, Network } from "../network.ts";
import type { Gpu } from "./device.ts";
import type { Recording } from "./recording.ts";

/** A dropout mask that every step draws anew. */
export interface Mask {
  readonly buffer: GPUBuffer;
  readonly length: number;
  readonly rate: number;
}

export interface RecordedNet {
  readonly recording: Recording;
  readonly masks: readonly Mask[];
  /** Gradients at `x0` and `sums`, null where the net does not read them; and at the parameters. */
  readonly x0: GPUBuffer | null;
  readonly sums: GPUBuffer | null;
  readonly parameters: readonly GPUBuffer[];
  /** Loss, then each layer's means and variances. */
  readonly report: GPUBuffer;
  readonly statistics: readonly RunningStatistics[];
}

/** `createInputs` gives tensors on the buffers that each step fills; so are `parameters`. */
export function recordNet(
  gpu: Gpu,
  network: Network,
  createInputs: () => { readonly inputs: Inputs; readonly targets: readonly tf.Tensor2D[] },
  parameters: readonly tf.Tensor[],
  maskTensor: (index: number, shape: [number, number]) => tf.Tensor2D,
): RecordedNet {
  const masks: Mask[] = [];
  let recorded: Omit<RecordedNet, "recording" | "masks"> | null = null;
  const recording = gpu.record(() => {
    const { inputs, targets } = createInputs();
    const found = network.differentiate(inputs, targets, parameters, (index, shape, rate) => {
      const mask = maskTensor(index, shape);
      masks.push({ buffer: gpu.bufferOfTensor(mask), length: shape[0] * shape[1], rate });
      return mask;
    });
    const report = reportOf(found);
    const bufferOf = (tensor: tf.Tensor) => gpu.bufferOfTensor(tensor);
    recorded = {
      x0: found.x0 && bufferOf(found.x0),
      sums: found.sums && bufferOf(found.sums),
      parameters: found.parameters.map(bufferOf),
      report: bufferOf(report),
      statistics: found.reported.map(({ statistics }) => statistics),
    };
    tf.dispose([report, inputs.x0, inputs.sums, ...targets, ...tensorsOf(found)]);
  });
  return { recording, masks, ...recorded! }; // set by the run
}

/** Words of a report. */
export function reportLength({ statistics }: RecordedNet): number {
  return statistics.reduce((length, { mean, variance }) => length + mean.length + variance.length, 1);
}

/** Hands a report's statistics to their layers; gives the loss. */
export function observe({ statistics }: RecordedNet, report: Float32Array): number {
  let place = 1;
  for (const one of statistics) {
    const columns = one.mean.length;
    one.observe(report.subarray(place, place + columns), report.subarray(place + columns, place + 2 * columns));
    place += 2 * columns;
  }
  return report[0]!;
}

function reportOf({ loss, reported }: Differentiated): tf.Tensor1D {
  const parts = [loss, ...reported.flatMap(({ mean, variance }) => [mean, variance])];
  return tf.tidy(() => tf.concat1d(parts.map((part) => part.as1D())));
}

function tensorsOf({ loss, x0, sums, parameters, reported }: Differentiated): tf.Tensor[] {
  const inputs = [x0, sums].filter((tensor) => tensor !== null);
  return [loss, ...inputs, ...parameters, ...reported.flatMap(({ mean, variance }) => [mean, variance])];
}
