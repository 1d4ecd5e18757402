// The face of scorer.wasm, as assembly/ documents it. Pointers are byte offsets into its memory; 0 is none.

/** What `new WebAssembly.Instance(module).exports` of the kernel holds. */
export interface KernelExports {
  readonly memory: WebAssembly.Memory;
  heapBase(): number;
  setTables(embedding: number, scales: number, linear: number, dimension: number): void;
  gather(
    fields: number,
    fieldCount: number,
    offsets: number,
    base: number,
    rows: number,
    weights: number,
    entryCount: number,
    count: number,
    x0: number,
    stride: number,
    linearSums: number,
    fmSums: number,
  ): number;
  quantize(x: number, xStride: number, count: number, columns: number, scale: number, out: number, outStride: number): void;
  rectify(sums: number, count: number, width: number, factors: number, biases: number, scale: number, out: number): void;
  product(
    activations: number,
    stride: number,
    count: number,
    pairCount: number,
    weights: number,
    panelCount: number,
    initial: number,
    sums: number,
  ): void;
  crossStep(sums: number, count: number, width: number, factors: number, biases: number, x0: number, x: number): void;
  addLinear(context: number, candidates: number, count: number, logits: number): void;
  addInteractions(context: number, candidates: number, count: number, dimension: number, logits: number): void;
  addHead(sums: number, count: number, factor: number, bias: number, logits: number): void;
}

/** An instance of its own, with its own memory. */
export function instantiateKernel(module: WebAssembly.Module): KernelExports {
  return new WebAssembly.Instance(module, {}).exports as unknown as KernelExports; // the module is ours: assembly/scorer.ts
}
