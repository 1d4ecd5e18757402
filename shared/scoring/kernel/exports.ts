// The face of both builds of the kernel, as assembly/ documents it. Pointers are byte offsets into its memory; 0 is none.

/** What `new WebAssembly.Instance(module).exports` of the kernel holds. */
export interface KernelExports {
  readonly memory: WebAssembly.Memory;
  heapBase(): number;
  takesBytes(): number;
  setTables(embedding: number, scales: number, linear: number, dimension: number, bits: number): void;
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
    slots: number,
    slotStride: number,
    fmOffset: number,
  ): number;
  quantizeWords(
    x: number,
    xStride: number,
    count: number,
    columns: number,
    inverses: number,
    lowest: number,
    highest: number,
    out: number,
    outStride: number,
  ): void;
  quantizeBytes(
    x: number,
    xStride: number,
    count: number,
    columns: number,
    inverses: number,
    lowest: number,
    highest: number,
    zeroPoint: number,
    out: number,
    outStride: number,
  ): void;
  requantizeWords(
    rows: number,
    count: number,
    offset: number,
    base: number,
    width: number,
    factors: number,
    biases: number,
    lowest: number,
    highest: number,
    out: number,
  ): void;
  requantizeBytes(
    rows: number,
    count: number,
    offset: number,
    base: number,
    width: number,
    factors: number,
    biases: number,
    lowest: number,
    highest: number,
    zeroPoint: number,
    out: number,
  ): void;
  productWords(
    activations: number,
    stride: number,
    count: number,
    pairCount: number,
    weights: number,
    panelCount: number,
    initial: number,
    sums: number,
    sumStride: number,
  ): void;
  productBytes(
    activations: number,
    stride: number,
    count: number,
    ranges: number,
    steps: number,
    weights: number,
    panelCount: number,
    initial: number,
    sums: number,
    sumStride: number,
  ): void;
  dotWords(
    activations: number,
    stride: number,
    count: number,
    inputCount: number,
    weights: number,
    sums: number,
    sumStride: number,
  ): void;
  fetchSlots(slots: number, count: number, from: number, end: number): number;
  join(slots: number, count: number, offset: number, base: number, width: number, out: number): void;
  joinColumns(
    slots: number,
    count: number,
    offset: number,
    context: number,
    contextBytes: number,
    candidateBytes: number,
    out: number,
    stride: number,
  ): void;
  crossSlots(
    slots: number,
    count: number,
    offset: number,
    columns: number,
    context: number,
    contextBytes: number,
    candidateBytes: number,
    factors: number,
    biases: number,
    x: number,
    stride: number,
  ): void;
  crossStep(
    sums: number,
    count: number,
    width: number,
    factors: number,
    biases: number,
    x0: number,
    x: number,
    stride: number,
  ): void;
  addLinear(slots: number, count: number, context: number, logits: number): void;
  addInteractions(slots: number, count: number, context: number, offset: number, dimension: number, logits: number): void;
  addHead(sums: number, stride: number, count: number, factor: number, bias: number, logits: number): void;
  sumRowDraws(
    fields: number,
    fieldCount: number,
    offsets: number,
    base: number,
    rows: number,
    weights: number,
    count: number,
    width: number,
    out: number,
    slotStride: number,
  ): void;
  beginDraws(slots: number, count: number, offset: number, biases: number, width: number, out: number): void;
  addDraws(sums: number, count: number, width: number, factors: number, biases: number, deviations: number): void;
  finishDraws(logits: number, deviations: number, count: number, width: number, draws: number, out: number): void;
  calibrate(logits: number, count: number, pieces: number, pieceCount: number, probabilities: number): void;
  setTop(keys: number, capacity: number, indices: number, scores: number): void;
  selectBest(scores: number, count: number, wanted: number): number;
  retrieve(
    query: number,
    steps: number,
    vectors: number,
    count: number,
    initial: number,
    factors: number,
    biases: number,
    wanted: number,
  ): number;
}

/** An instance of its own, with its own memory. */
export function instantiateKernel(module: WebAssembly.Module): KernelExports {
  return new WebAssembly.Instance(module, {}).exports as unknown as KernelExports; // the module is ours: assembly/scorer.ts
}
