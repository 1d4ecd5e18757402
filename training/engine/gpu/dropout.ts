// Dropout masks drawn on the GPU: the numbers of `Random.fillDropout`, bit by bit.
import type * as tf from "@tensorflow/tfjs";
import type { DropoutDraw } from "../random.ts";
import type { Gpu } from "./device.ts";
import { Program } from "./program.ts";

export class DropoutMasks {
  readonly #gpu: Gpu;
  readonly #program: Program;
  readonly #buffers: GPUBuffer[] = [];

  constructor(gpu: Gpu) {
    this.#gpu = gpu;
    this.#program = new Program(gpu, {
      buffers: [{ name: "mask", type: "f32", writes: true }],
      given: [
        { name: "first", type: "u32" },
        { name: "stride", type: "u32" },
        { name: "threshold", type: "u32" },
        { name: "kept", type: "f32" },
      ],
      declarations: `
fn mix(value: u32) -> u32 {
  var x = value;
  x = (x ^ (x >> 16u)) * 0x21f0aaadu;
  x = (x ^ (x >> 15u)) * 0x735a2d97u;
  return x ^ (x >> 15u);
}`,
      body: `
  let bits = mix(given.first + index * given.stride);
  mask[2u * index] = select(given.kept, 0.0, (bits & 0xffffu) < given.threshold);
  mask[2u * index + 1u] = select(given.kept, 0.0, (bits >> 16u) < given.threshold);`,
    });
  }

  /** The mask of that index in a pass through the net, as `draw` fills it. */
  tensorOf(index: number, shape: [number, number]): tf.Tensor2D {
    const pairs = Math.ceil((shape[0] * shape[1]) / 2);
    if ((this.#buffers[index]?.size ?? 0) < pairs * 8) this.#buffers[index] = this.#gpu.createBuffer(Math.ceil(pairs * 8 * 1.1));
    return this.#gpu.tensorOf(this.#buffers[index]!, shape);
  }

  draw(pass: GPUComputePassEncoder, buffer: GPUBuffer, length: number, { first, stride, threshold, kept }: DropoutDraw): void {
    this.#program.dispatch(pass, [buffer], [first, stride, threshold, kept], Math.ceil(length / 2));
  }
}
