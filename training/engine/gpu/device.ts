// The GPU that tfjs's backend "webgpu" runs on, for programs of our own beside tfjs's: one queue, so that work is done in the order given.
import * as tf from "@tensorflow/tfjs";
import type { Backend } from "./backend.ts";
import { type Recording, record } from "./recording.ts";

/** Storage that tensors can share, and that can be read and written by copies. */
const STORAGE = 0x80 | 0x04 | 0x08; // GPUBufferUsage.STORAGE | COPY_SRC | COPY_DST

export class Gpu {
  readonly device: GPUDevice;
  readonly #backend: Backend;
  /** Mapped buffers that wait for what to upload. */
  readonly #staging: GPUBuffer[] = [];

  /** tfjs's current backend has to be "webgpu". */
  constructor() {
    this.#backend = tf.backend() as unknown as Backend; // see above
    this.device = this.#backend.device;
  }

  /** Bytes of zeros. */
  createBuffer(sizeBytes: number): GPUBuffer {
    return this.device.createBuffer({ size: Math.max(16, Math.ceil(sizeBytes / 4) * 4), usage: STORAGE });
  }

  bufferOf(values: Float32Array | Int32Array): GPUBuffer {
    const buffer = this.createBuffer(values.byteLength);
    this.write(buffer, values);
    return buffer;
  }

  write(buffer: GPUBuffer, values: Float32Array | Int32Array): void {
    this.device.queue.writeBuffer(buffer, 0, values as Float32Array<ArrayBuffer>); // no array here is on shared memory
  }

  /** The same through memory that is mapped again and again: for what is large, and written often. */
  upload(buffer: GPUBuffer, values: Float32Array | Int32Array): void {
    const free = this.#staging.findIndex(({ size }) => size >= values.byteLength);
    const staging = free >= 0 ? this.#staging.splice(free, 1)[0]! : this.#createStaging(values.byteLength * 1.25);
    new Uint8Array(staging.getMappedRange()).set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
    staging.unmap();
    const encoder = this.device.createCommandEncoder();
    encoder.copyBufferToBuffer(staging, 0, buffer, 0, values.byteLength);
    this.device.queue.submit([encoder.finish()]);
    const mapped = () => void this.#staging.push(staging);
    staging.mapAsync(0x02).then(mapped, () => staging.destroy()); // GPUMapMode.WRITE; it fails where the device is gone
  }

  #createStaging(sizeBytes: number): GPUBuffer {
    const size = Math.ceil(sizeBytes / 4) * 4;
    return this.device.createBuffer({ size, usage: 0x02 | 0x04, mappedAtCreation: true }); // GPUBufferUsage.MAP_WRITE | COPY_SRC
  }

  /** A tensor that shares the buffer, which outlives it. */
  tensorOf(buffer: GPUBuffer, shape: [number, number]): tf.Tensor2D {
    return tf.tensor({ buffer, zeroCopy: true }, shape, "float32") as tf.Tensor2D; // as its shape says
  }

  /** The tensor's own buffer: valid as long as the tensor, and filled once what tfjs has recorded is submitted. */
  bufferOfTensor({ dataId }: tf.Tensor): GPUBuffer {
    this.#backend.uploadToGPU(dataId);
    return this.#backend.tensorMap.get(dataId).resource!; // by the line before
  }

  /** Submits what tfjs has recorded so far, so that what we submit next comes after it. */
  flush(): void {
    if (this.#backend.commandEncoder === null) return;
    this.#backend.endComputePassEncoder();
    this.#backend.submitQueue();
  }

  /** See `record` of recording.ts. */
  record(run: () => void): Recording {
    this.flush();
    return record(this.#backend, run);
  }

  /** Records programs into one pass, and submits it behind all that tfjs has recorded. */
  submit(record: (pass: GPUComputePassEncoder) => void): void {
    this.flush();
    const encoder = this.device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    record(pass);
    pass.end();
    this.device.queue.submit([encoder.finish()]);
  }

  /** The first `length` numbers of a buffer, once all work submitted so far is done. */
  async read(buffer: GPUBuffer, length: number): Promise<Float32Array> {
    this.flush();
    const size = length * 4;
    const staging = this.device.createBuffer({ size, usage: 0x01 | 0x08 }); // GPUBufferUsage.MAP_READ | COPY_DST
    const encoder = this.device.createCommandEncoder();
    encoder.copyBufferToBuffer(buffer, 0, staging, 0, size);
    this.device.queue.submit([encoder.finish()]);
    await staging.mapAsync(0x01); // GPUMapMode.READ
    const values = new Float32Array(staging.getMappedRange().slice(0));
    staging.destroy();
    return values;
  }
}
