// The embedding table in GPU memory: rows of a vector and a linear weight, gathered and updated by programs of our own.
import type { FieldLayout } from "../../../shared/features/feature-map.ts";
import { CodedError } from "../../../shared/schemas/coded-error.ts";
import type { TrainingSpec } from "../../../shared/tasks/training-spec.ts";
import type { HistoryLayout } from "../history-layout.ts";
import type { Gpu } from "./device.ts";
import type { IndexedBatch } from "./indexed-batch.ts";
import { Program } from "./program.ts";
import { catchUpRows, createHistory, type RowHistory } from "./row-sort.ts";
import { biasCorrections, RULE_SOURCES } from "./rule-source.ts";
import * as sources from "./table-sources.ts";

export interface GpuTableOptions {
  readonly gpu: Gpu;
  readonly layout: readonly FieldLayout[];
  readonly histories: readonly HistoryLayout[];
  /** Columns of `x0`, those of histories included. */
  readonly width: number;
  readonly optimizer: TrainingSpec["optimizer"];
  readonly l2: number;
  readonly reads: { readonly x0: boolean; readonly sums: boolean };
  /** First values: vectors [rows, dimension]. Linear weights begin at 0. */
  readonly createVectors: () => Float32Array;
  readonly rowCount: number;
  readonly dimension: number;
}

/** What a step's programs read and write, each as long as the batch needs. */
export interface BatchBuffers {
  readonly words: GPUBuffer;
  readonly x0: GPUBuffer;
  readonly sums: GPUBuffer;
  readonly labels: GPUBuffer;
  readonly through: GPUBuffer;
}

/** `vectors` [rows, dimension], `linear` [rows]. */
export interface Rows {
  readonly vectors: Float32Array;
  readonly linear: Float32Array;
}

export class GpuTable {
  readonly history: RowHistory;
  readonly width: number;
  readonly #options: GpuTableOptions;
  readonly #shape: sources.TableShape;
  readonly #rowLength: number;
  /** Values, then the rule's slots. */
  readonly #state: readonly GPUBuffer[];
  readonly #corrections: GPUBuffer;
  readonly #columns: GPUBuffer;
  readonly #firstColumns: GPUBuffer;
  readonly #programs = new Map<string, Program>();
  #partial: GPUBuffer;

  /** @throws CodedError `table_too_large` */
  constructor(options: GpuTableOptions) {
    const { gpu, layout, histories, optimizer, dimension, rowCount } = options;
    this.#options = options;
    this.width = options.width;
    const firstColumns = firstColumnsOf(layout, histories);
    this.#shape = { width: this.width, dimension, fieldCount: firstColumns.length };
    this.#rowLength = sources.rowLength(this.#shape);
    assertFits(gpu, rowCount * this.#rowLength * 4);
    this.history = createHistory(rowCount);
    const values = gpu.bufferOf(this.#interleave({ vectors: options.createVectors(), linear: new Float32Array(rowCount) }));
    const slots = Array.from({ length: RULE_SOURCES[optimizer].slotCount }, () => gpu.createBuffer(values.size));
    this.#state = [values, ...slots];
    this.#corrections = gpu.bufferOf(biasCorrections());
    this.#columns = gpu.bufferOf(columnsOf(options, firstColumns));
    this.#firstColumns = gpu.bufferOf(firstColumns);
    this.#partial = gpu.createBuffer(16);
  }

  /** The batch's rows catch up on the decay of the steps that they missed. Due before `gather`, in training. */
  catchUp(pass: GPUComputePassEncoder, batch: IndexedBatch, { words }: BatchBuffers, learningRate: number): void {
    const { l2, optimizer } = this.#options;
    if (l2 === 0) return;
    const { touched, updates, missed } = batch.sections;
    this.#program("catchUp", () => sources.catchUpSource(RULE_SOURCES[optimizer], this.#shape)).dispatch(
      pass,
      [...this.#state, words, this.#corrections],
      [learningRate, l2, touched, updates, missed],
      batch.touchedCount * this.#rowLength,
    );
  }

  /** Fills `x0` [examples, width] and `sums` [examples], those that the net reads. */
  gather(pass: GPUComputePassEncoder, batch: IndexedBatch, { words, x0, sums }: BatchBuffers): void {
    const { oneHot, exampleCount, sections } = batch;
    const values = this.#state[0]!;
    const given = [sections.rows, sections.bagStarts, sections.bags, sections.weights, exampleCount];
    const { reads } = this.#options;
    if (reads.x0)
      this.#program(`gather${oneHot}`, () => sources.gatherSource(this.#shape, oneHot)).dispatch(
        pass,
        [values, words, this.#columns, x0],
        given,
        exampleCount * this.width,
      );
    if (reads.sums)
      this.#program(`gatherSums${oneHot}`, () => sources.gatherSumsSource(this.#shape, oneHot)).dispatch(
        pass,
        [values, words, sums],
        given,
        exampleCount,
      );
  }

  /** Sums the gradients by row, always in the same order, and updates the rows touched. */
  update(
    pass: GPUComputePassEncoder,
    batch: IndexedBatch,
    { words }: BatchBuffers,
    gradients: { readonly x0: GPUBuffer | null; readonly sums: GPUBuffer | null },
    learningRate: number,
  ): void {
    const { gpu, l2, optimizer, reads } = this.#options;
    const { oneHot, exampleCount, sections, segmentCount, touchedCount } = batch;
    if (this.#partial.size < segmentCount * this.#rowLength * 4) {
      this.#partial.destroy();
      this.#partial = gpu.createBuffer(segmentCount * this.#rowLength * 5);
    }
    this.#program(`sum${oneHot}`, () => sources.sumSource(this.#shape, oneHot, reads)).dispatch(
      pass,
      [words, this.#firstColumns, gradients.x0 ?? words, gradients.sums ?? words, this.#partial],
      [sections.order, sections.segments, sections.bagStarts, sections.bags, sections.weights, exampleCount],
      segmentCount * this.#rowLength,
    );
    this.#program("update", () => sources.updateSource(RULE_SOURCES[optimizer], this.#shape, reads)).dispatch(
      pass,
      [...this.#state, words, this.#partial, this.#corrections],
      [learningRate, l2, sections.touched, sections.updates, sections.firstSegments],
      touchedCount * this.#rowLength,
    );
  }

  /** Lets every row catch up until the end of `step`. */
  catchUpAll(step: number, learningRate: number): void {
    const { gpu, l2, optimizer } = this.#options;
    if (l2 === 0) return;
    const owed = gpu.bufferOf(catchUpRows(this.history, step));
    const program = this.#program("catchUpAll", () => sources.catchUpAllSource(RULE_SOURCES[optimizer], this.#shape));
    const count = this.#options.rowCount * this.#rowLength;
    gpu.submit((pass) => program.dispatch(pass, [...this.#state, owed, this.#corrections], [learningRate, l2], count));
    owed.destroy();
  }

  /** Vectors [rows, dimension] and linear weights [rows]. */
  async read(): Promise<Rows> {
    return this.#split(this.#state[0]!);
  }

  write(rows: Rows): void {
    this.#options.gpu.write(this.#state[0]!, this.#interleave(rows));
  }

  /** Arrays of a `state`. */
  get stateLength(): number {
    return 2 * this.#state.length + 2;
  }

  /** All that later steps depend on, in the order of `EmbeddingTable.state`. */
  async state(): Promise<(Float32Array | Int32Array)[]> {
    const parts = await Promise.all(this.#state.map((buffer) => this.#split(buffer)));
    const { lastStep, updates } = this.history;
    return [...parts.map(({ vectors }) => vectors), ...parts.map(({ linear }) => linear), lastStep.slice(), updates.slice()];
  }

  /** Takes a state of the same shape, but for the number of steps. */
  resume(state: readonly (Float32Array | Int32Array)[]): void {
    const parts = this.#state.length;
    this.#state.forEach((buffer, index) => {
      const rows = { vectors: state[index] as Float32Array, linear: state[parts + index] as Float32Array }; // as `state` lists them
      this.#options.gpu.write(buffer, this.#interleave(rows));
    });
    this.history.lastStep.set(state[2 * parts]!);
    this.history.updates.set(state[2 * parts + 1]!);
  }

  async #split(buffer: GPUBuffer): Promise<Rows> {
    const { gpu, rowCount, dimension } = this.#options;
    const values = await gpu.read(buffer, rowCount * this.#rowLength);
    const vectors = new Float32Array(rowCount * dimension);
    const linear = new Float32Array(rowCount);
    for (let row = 0; row < rowCount; row++) {
      const from = row * this.#rowLength;
      for (let d = 0; d < dimension; d++) vectors[row * dimension + d] = values[from + d]!;
      linear[row] = values[from + dimension]!;
    }
    return { vectors, linear };
  }

  #interleave({ vectors, linear }: Rows): Float32Array {
    const { rowCount, dimension } = this.#options;
    const values = new Float32Array(rowCount * this.#rowLength);
    for (let row = 0; row < rowCount; row++) {
      const to = row * this.#rowLength;
      for (let d = 0; d < dimension; d++) values[to + d] = vectors[row * dimension + d]!;
      values[to + dimension] = linear[row]!;
    }
    return values;
  }

  /** Compiled when first used. */
  #program(name: string, source: () => ReturnType<typeof sources.updateSource>): Program {
    let program = this.#programs.get(name);
    if (!program) this.#programs.set(name, (program = new Program(this.#options.gpu, source())));
    return program;
  }
}

/** First columns of `x0` by field, then by position of the histories; -1 where the field goes in by value. */
function firstColumnsOf(layout: readonly FieldLayout[], histories: readonly HistoryLayout[]): Int32Array {
  const own = layout.map(({ embedded, firstColumn }) => (embedded ? firstColumn : -1));
  const positions = histories.flatMap(({ positions: count, firstColumn, dimension }) =>
    Array.from({ length: count }, (_, position) => firstColumn + position * dimension),
  );
  return Int32Array.from([...own, ...positions]);
}

/** What `gatherSource` reads of each column. */
function columnsOf({ layout, histories, width, dimension }: GpuTableOptions, firstColumns: Int32Array): Int32Array {
  const columns = new Int32Array(width * 2);
  const set = (column: number, field: number, component: number) => columns.set([field, component], column * 2);
  firstColumns.forEach((first, field) => {
    if (first >= 0) for (let d = 0; d < dimension; d++) set(first + d, field, d);
  });
  layout.forEach(({ embedded, firstColumn, columnCount, firstValueRow }, field) => {
    if (!embedded) for (let c = 0; c < columnCount; c++) set(firstColumn + c, field, -1 - (firstValueRow + c));
  });
  let field = layout.length;
  for (const { positions, firstFilledColumn } of histories)
    for (let position = 0; position < positions; position++) set(firstFilledColumn + position, field++, sources.ANY_ROW);
  return columns;
}

function assertFits({ device }: Gpu, sizeBytes: number): void {
  const limit = Math.min(device.limits.maxStorageBufferBindingSize, device.limits.maxBufferSize);
  if (sizeBytes <= limit) return;
  const megabytes = (bytes: number) => `${Math.ceil(bytes / 2 ** 20).toLocaleString("en")} MiB`;
  const detail = `the table takes ${megabytes(sizeBytes)}, this GPU lends ${megabytes(limit)} to one buffer: use --device wasm, or fewer rows or dimensions`;
  throw new CodedError("table_too_large", "device", detail);
}
