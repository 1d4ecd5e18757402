// A program in WGSL: one thread an item, storage buffers by name, and a few numbers a dispatch.
import type { Gpu } from "./device.ts";

export interface ProgramSource {
  /** Storage buffers in order: element type, and whether the program writes. */
  readonly buffers: readonly { readonly name: string; readonly type: string; readonly writes?: boolean }[];
  /** Numbers that are given with each dispatch, as fields of `given`. */
  readonly given: readonly { readonly name: string; readonly type: "f32" | "u32" | "i32" }[];
  /** Functions and constants. */
  readonly declarations?: string;
  /** What a thread does for item `index`, a u32. */
  readonly body: string;
}

const WORKGROUP_SIZE = 64;
const MAX_WORKGROUPS_X = 65_535;

/** Places for the numbers of dispatches, each used again long after the dispatch was submitted. */
const UNIFORM_SLOTS = 256;
const UNIFORM_STRIDE_BYTES = 256; // minUniformBufferOffsetAlignment

export class Program {
  readonly #device: GPUDevice;
  readonly #given: ProgramSource["given"];
  readonly #layout: GPUBindGroupLayout;
  readonly #pipeline: GPUComputePipeline;
  readonly #uniforms: GPUBuffer;
  #dispatches = 0;

  constructor({ device }: Gpu, source: ProgramSource) {
    this.#device = device;
    this.#given = [...source.given, { name: "count", type: "u32" }];
    const entry = (binding: number, type: GPUBufferBindingType) => ({ binding, visibility: 4, buffer: { type } }); // GPUShaderStage.COMPUTE
    this.#layout = device.createBindGroupLayout({
      entries: [
        entry(0, "uniform"),
        ...source.buffers.map(({ writes }, index) => entry(index + 1, writes ? "storage" : "read-only-storage")),
      ],
    });
    const module = device.createShaderModule({ code: wgsl(source, this.#given) });
    const layout = device.createPipelineLayout({ bindGroupLayouts: [this.#layout] });
    this.#pipeline = device.createComputePipeline({ layout, compute: { module, entryPoint: "main" } });
    this.#uniforms = device.createBuffer({ size: UNIFORM_SLOTS * UNIFORM_STRIDE_BYTES, usage: 0x40 | 0x08 }); // UNIFORM | COPY_DST
  }

  /** Records a run over `count` items. `given` in the order of the source. */
  dispatch(pass: GPUComputePassEncoder, buffers: readonly GPUBuffer[], given: readonly number[], count: number): void {
    if (count === 0) return;
    const offset = (this.#dispatches++ % UNIFORM_SLOTS) * UNIFORM_STRIDE_BYTES;
    this.#device.queue.writeBuffer(this.#uniforms, offset, this.#encode([...given, count]));
    const uniforms = { buffer: this.#uniforms, offset, size: UNIFORM_STRIDE_BYTES };
    const entries = [uniforms, ...buffers.map((buffer) => ({ buffer }))].map((resource, binding) => ({ binding, resource }));
    pass.setPipeline(this.#pipeline);
    pass.setBindGroup(0, this.#device.createBindGroup({ layout: this.#layout, entries }));
    const workgroups = Math.ceil(count / WORKGROUP_SIZE);
    const rows = Math.ceil(workgroups / MAX_WORKGROUPS_X);
    pass.dispatchWorkgroups(Math.ceil(workgroups / rows), rows);
  }

  #encode(values: readonly number[]): ArrayBuffer {
    const view = new DataView(new ArrayBuffer(values.length * 4));
    this.#given.forEach(({ type }, index) => {
      if (type === "f32") view.setFloat32(index * 4, values[index]!, true);
      else view.setInt32(index * 4, values[index]!, true);
    });
    return view.buffer;
  }
}

function wgsl({ buffers, declarations = "", body }: ProgramSource, given: ProgramSource["given"]): string {
  const storage = buffers.map(
    ({ name, type, writes }, index) =>
      `@group(0) @binding(${index + 1}) var<storage, ${writes ? "read_write" : "read"}> ${name}: array<${type}>;`,
  );
  return `
struct Given { ${given.map(({ name, type }) => `${name}: ${type},`).join(" ")} }
@group(0) @binding(0) var<uniform> given: Given;
${storage.join("\n")}
${declarations}
@compute @workgroup_size(${WORKGROUP_SIZE})
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) workgroups: vec3<u32>) {
  let index = id.y * workgroups.x * ${WORKGROUP_SIZE}u + id.x;
  if (index >= given.count) { return; }
${body}
}`;
}
