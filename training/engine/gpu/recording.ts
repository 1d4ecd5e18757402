// Records the programs that tfjs would run, instead of running them, to run them in every step: tfjs takes longer over a step than a GPU does.
import type { Backend } from "./backend.ts";

/**
 * Programs in order, bound to buffers: they compute with whatever is in the buffers by then. A step's programs are the same every
 * time, but for what is in its batch, as long as the number of examples is.
 */
export class Recording {
  readonly #dispatches: readonly Dispatch[];
  readonly #buffers: RecordingBuffers;

  constructor(dispatches: readonly Dispatch[], buffers: RecordingBuffers) {
    this.#dispatches = dispatches;
    this.#buffers = buffers;
  }

  /** Frees its memory. What was submitted before still runs. */
  destroy(): void {
    this.#buffers.destroy();
  }

  replay(pass: GPUComputePassEncoder): void {
    for (const { pipeline, bindGroup, workgroups } of this.#dispatches) {
      pass.setPipeline(pipeline);
      pass.setBindGroup(0, bindGroup);
      pass.dispatchWorkgroups(...workgroups);
    }
  }
}

interface Dispatch {
  readonly pipeline: GPUComputePipeline;
  readonly bindGroup: GPUBindGroup;
  readonly workgroups: readonly [number, number, number];
}

/**
 * Records what `run` asks of tfjs. It may read no values, and has to dispose of its tensors; the buffers of those that it wants
 * the values of stay as they are, being the recording's own. tfjs's backend must have nothing recorded that is not submitted.
 */
export function record(backend: Backend, run: () => void): Recording {
  const { device, queue, bufferManager } = backend;
  const dispatches: Dispatch[] = [];
  backend.device = replaceEncoders(device, createEncoder(dispatches));
  backend.queue = { submit: () => {}, writeBuffer: device.queue.writeBuffer.bind(device.queue) };
  const buffers = new RecordingBuffers(device);
  backend.bufferManager = buffers;
  try {
    run();
    backend.endComputePassEncoder();
    backend.ensureCommandEncoderReady();
    backend.submitQueue(); // tfjs lets go of its buffers
  } finally {
    Object.assign(backend, { device, queue, bufferManager });
  }
  return new Recording(dispatches, buffers);
}

/** An encoder that keeps what it is given. */
function createEncoder(dispatches: Dispatch[]): object {
  let pipeline: GPUComputePipeline;
  let bindGroup: GPUBindGroup;
  const pass = {
    setPipeline: (given: GPUComputePipeline) => void (pipeline = given),
    setBindGroup: (_index: number, given: GPUBindGroup) => void (bindGroup = given),
    dispatchWorkgroups: (x: number, y = 1, z = 1) => void dispatches.push({ pipeline, bindGroup, workgroups: [x, y, z] }),
    end: () => {},
  };
  return { beginComputePass: () => pass, finish: () => null };
}

/** The device, but for its encoders. A class from outside JavaScript knows its methods' `this`. */
function replaceEncoders(device: GPUDevice, encoder: object): GPUDevice {
  return new Proxy(device, {
    get(target, name) {
      if (name === "createCommandEncoder") return () => encoder;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

/**
 * In the place of tfjs's buffer manager. Buffers of values in between are used again, as a step does; those that hold what is
 * the same in every step, constants and shapes, never are.
 */
class RecordingBuffers {
  readonly #device: GPUDevice;
  readonly #all: GPUBuffer[] = [];
  readonly #free = new Map<string, GPUBuffer[]>();
  readonly #constant = new WeakSet<GPUBuffer>();
  numBytesUsed = 0;
  numBytesAllocated = 0;

  constructor(device: GPUDevice) {
    this.#device = device;
  }

  acquireBuffer(size: number, usage: number, mappedAtCreation = false): GPUBuffer {
    const isConstant = mappedAtCreation || (usage & 0x40) !== 0; // GPUBufferUsage.UNIFORM
    const free = isConstant ? undefined : this.#free.get(`${size}_${usage}`)?.pop();
    if (free) return free;
    const buffer = this.#device.createBuffer({ size, usage, mappedAtCreation });
    this.#all.push(buffer);
    if (isConstant) this.#constant.add(buffer);
    return buffer;
  }

  releaseBuffer(buffer: GPUBuffer): void {
    if (this.#constant.has(buffer)) return;
    const key = `${buffer.size}_${buffer.usage}`;
    const free = this.#free.get(key);
    if (free) free.push(buffer);
    else this.#free.set(key, [buffer]);
  }

  destroy(): void {
    for (const buffer of this.#all) buffer.destroy();
  }
}
