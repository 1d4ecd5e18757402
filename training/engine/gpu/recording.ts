// Records the programs that tfjs would run, instead of running them, to run them again every step: most of a small step's time is tfjs's own.
import type { Backend } from "./device.ts";

/** Programs in order, on buffers of their own: whatever is in the buffers that they read is computed with. */
export class Recording {
  readonly #dispatches: readonly Dispatch[];

  constructor(dispatches: readonly Dispatch[]) {
    this.#dispatches = dispatches;
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
  backend.bufferManager = new RecordingBuffers(device);
  try {
    run();
    backend.endComputePassEncoder();
    backend.ensureCommandEncoderReady();
    backend.submitQueue(); // tfjs lets go of its buffers
  } finally {
    Object.assign(backend, { device, queue, bufferManager });
  }
  return new Recording(dispatches);
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
}
