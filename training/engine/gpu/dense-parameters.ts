// The dense net's parameters in GPU memory, as tensors that tfjs reads and that a program of ours updates in place.
import type * as tf from "@tensorflow/tfjs";
import type { TrainingSpec } from "../../../shared/tasks/training-spec.ts";
import type { Parameter } from "../../model/net.ts";
import type { Gpu } from "./device.ts";
import { Program } from "./program.ts";
import { correctionsAt, RULE_SOURCES, stateBuffers } from "./rule-source.ts";

export class DenseParameters {
  readonly tensors: readonly tf.Tensor2D[];
  readonly #gpu: Gpu;
  readonly #parameters: readonly Parameter[];
  /** By parameter: values, then the rule's slots. */
  readonly #state: readonly (readonly GPUBuffer[])[];
  readonly #program: Program;

  constructor(gpu: Gpu, parameters: readonly Parameter[], optimizer: TrainingSpec["optimizer"]) {
    const rule = RULE_SOURCES[optimizer];
    this.#gpu = gpu;
    this.#parameters = parameters;
    this.#state = parameters.map(({ values }) => [
      gpu.bufferOf(values),
      ...Array.from({ length: rule.slotCount }, () => gpu.createBuffer(values.byteLength)),
    ]);
    this.tensors = parameters.map(({ shape }, index) => gpu.tensorOf(this.#state[index]![0]!, shape));
    this.#program = new Program(gpu, {
      buffers: [...stateBuffers(rule), { name: "gradient", type: "f32" }],
      given: ["learningRate", "l2", "meanRate", "squareRate"].map((name) => ({ name, type: "f32" })),
      declarations: rule.functions,
      body: "update(index, gradient[index], vec2<f32>(given.meanRate, given.squareRate));",
    });
  }

  /** `updates` counts this one too. */
  update(
    pass: GPUComputePassEncoder,
    gradients: readonly GPUBuffer[],
    { learningRate, l2, updates }: { readonly learningRate: number; readonly l2: number; readonly updates: number },
  ): void {
    this.#parameters.forEach(({ values, penalised }, index) => {
      const given = [learningRate, penalised ? l2 : 0, ...correctionsAt(updates)];
      this.#program.dispatch(pass, [...this.#state[index]!, gradients[index]!], given, values.length);
    });
  }

  /** Copies the values from the GPU to `values` of the parameters. */
  async pull(): Promise<void> {
    const read = this.#parameters.map(({ values }, index) => this.#gpu.read(this.#state[index]![0]!, values.length));
    (await Promise.all(read)).forEach((values, index) => void this.#parameters[index]!.values.set(values));
  }

  /** By parameter: values, then the rule's slots. */
  async state(): Promise<Float32Array[]> {
    const read = this.#parameters.flatMap(({ values }, index) =>
      this.#state[index]!.map((buffer) => this.#gpu.read(buffer, values.length)),
    );
    return Promise.all(read);
  }

  /** Takes a state as `state` gives it. */
  resume(state: readonly Float32Array[]): void {
    this.#state.flat().forEach((buffer, index) => void this.#gpu.write(buffer, state[index]!));
  }

  /** Copies `values` of the parameters to the GPU. */
  push(): void {
    this.#parameters.forEach(({ values }, index) => void this.#gpu.write(this.#state[index]![0]!, values));
  }
}
