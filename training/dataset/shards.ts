// Encoded examples on disk, for splits that are larger than memory should be: written as they come, read a window at a time.
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { readSafetensors, type Tensor, writeSafetensors } from "../../shared/artifact/safetensors.ts";
import type { Encoder, RawRecord } from "../../shared/features/encode.ts";
import { CodedError } from "../../shared/schemas/coded-error.ts";
import { createDatasetBuilder } from "./build-dataset.ts";
import { Concatenation } from "./concatenate.ts";
import type { Dataset } from "./dataset.ts";
import { type Outcome, readTimeMs } from "./label.ts";

export interface ShardOptions {
  /** Is made when the first shard is written, and belongs to the split alone. */
  readonly folder: string;
  /** Encoded examples of a shard, in memory as on disk. */
  readonly shardBytes: number;
  /** Once aborted nothing more is written. */
  readonly signal?: AbortSignal | undefined;
}

/** Shards that are in memory together: what fits into so many is not written at all. */
export const WINDOW_SHARDS = 16;

/** 128 MiB in a window: 300,000 examples of 39 fields with a value each, which is shuffling enough. */
export const SHARD_BYTES = 8 << 20;

export interface Shard {
  readonly path: string;
  readonly count: number;
}

/** A split on disk, but for its labels. `span` is null where the data have no time. */
export interface Shards {
  readonly shards: readonly Shard[];
  readonly labels: Uint8Array;
  readonly span: { readonly firstMs: number; readonly lastMs: number } | null;
  readonly contextFields: number;
  readonly candidateFields: number;
}

/** A split, wherever it is. */
export type Examples = Dataset | Shards;

export const isOnDisk = (data: Examples): data is Shards => "shards" in data;

export const countOf = ({ labels }: Examples): number => labels.length;

export const positivesOf = ({ labels }: Examples): number => labels.reduce((total, label) => total + label, 0);

/** Throws `split_on_disk` at `path`, which names what cannot do without. */
export function requireInMemory(data: Examples, path: string): Dataset {
  if (!isOnDisk(data)) return data;
  throw new CodedError("split_on_disk", path, `${path} need whole splits in memory: load them so, or give less data`);
}

/** As `createDatasetBuilder`, in bounded memory. Throws `shard_unwritable`. */
export function createShardingBuilder(encoder: Encoder, outcome: Outcome, options: ShardOptions) {
  const { folder, shardBytes, signal } = options;
  const { fieldCount: contextFields } = encoder.context;
  const { fieldCount: candidateFields } = encoder.candidate;
  const written: Shard[] = [];
  let held: Dataset[] = [];
  const labels: Uint8Array[] = [];
  let count = 0;
  let span: Shards["span"] = null;
  let builder = createDatasetBuilder(encoder, outcome);
  const concatenate = (parts: readonly Dataset[]) => {
    const whole = new Concatenation(contextFields, candidateFields);
    for (const part of parts) whole.add(part);
    return whole.view();
  };
  const close = () => {
    if (builder.count === 0) return;
    held.push(concatenate([builder.finish()])); // a copy without the room that the builder had to grow
    if (written.length > 0 || held.length > WINDOW_SHARDS) spill();
    builder = createDatasetBuilder(encoder, outcome, count + 1);
  };
  const spill = () => {
    signal?.throwIfAborted();
    if (written.length === 0) emptyFolder(folder);
    for (const data of held) {
      const path = join(folder, `${written.length}.safetensors`);
      writeShard(path, writeSafetensors(tensorsOf(data)));
      written.push({ path, count: data.labels.length });
      labels.push(data.labels);
    }
    held = [];
  };
  return {
    add(record: RawRecord): void {
      builder.add(record);
      count++;
      if (outcome.time !== undefined) span = widen(span, Math.floor(readTimeMs(record[outcome.time])));
      if (builder.sizeBytes >= shardBytes) close();
    },
    finish(): Examples {
      close();
      if (written.length > 0) {
        return { shards: written, labels: new Uint8Array(Buffer.concat(labels)), span, contextFields, candidateFields };
      }
      if (held.length === 1) return held[0] as Dataset; // the only one
      return concatenate(held);
    },
  };
}

function emptyFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
}

function writeShard(path: string, bytes: Uint8Array): void {
  try {
    writeFileSync(path, bytes);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const detail = `${reason}: make room, or give a --window that all examples fit`;
    throw new CodedError("shard_unwritable", path, detail, undefined, { cause });
  }
}

function widen(span: Shards["span"], timeMs: number): Shards["span"] {
  if (span === null) return { firstMs: timeMs, lastMs: timeMs };
  return { firstMs: Math.min(span.firstMs, timeMs), lastMs: Math.max(span.lastMs, timeMs) };
}

/** Times, which are f64, go as pairs of 32 bits. */
function tensorsOf({ context, candidate, labels, through, timesMs }: Dataset): Map<string, Tensor> {
  const vector = (data: Tensor["data"], dtype: Tensor["dtype"]): Tensor => ({ dtype, shape: [data.length], data });
  const sides = Object.entries({ context, candidate }).flatMap(([side, { offsets, rows, weights }]) => [
    [`${side}.offsets`, vector(offsets, "I32")] as const,
    [`${side}.rows`, vector(rows, "I32")] as const,
    [`${side}.weights`, vector(weights, "F32")] as const,
  ]);
  const outcomes = Object.entries({ labels, through }).flatMap(([name, values]) =>
    values ? [[name, vector(new Int8Array(values), "I8")] as const] : [],
  );
  const times = timesMs && new Int32Array(timesMs.buffer, timesMs.byteOffset, 2 * timesMs.length);
  return new Map([...sides, ...outcomes, ...(times ? [["timesMs", vector(times, "I32")] as const] : [])]);
}

/** Reads shards into memory of its own, one window after the other: what it gave is overwritten by the next. */
export class ShardReader {
  readonly #window: Concatenation;
  readonly #fields: { readonly context: number; readonly candidate: number };
  #file = new Uint8Array(0);

  constructor({ contextFields, candidateFields }: Shards) {
    this.#fields = { context: contextFields, candidate: candidateFields };
    this.#window = new Concatenation(contextFields, candidateFields);
  }

  async read(shards: readonly Shard[]): Promise<Dataset> {
    this.#window.clear();
    for (const { path, count } of shards) this.#window.add(this.#datasetOf(readSafetensors(await this.#bytesOf(path)), count));
    return this.#window.view();
  }

  #datasetOf(tensors: ReadonlyMap<string, Tensor>, count: number): Dataset {
    const bags = (side: "context" | "candidate") => ({
      fieldCount: this.#fields[side],
      count,
      offsets: tensors.get(`${side}.offsets`)?.data as Int32Array, // as tensorsOf names and types them, here and below
      rows: tensors.get(`${side}.rows`)?.data as Int32Array, // as above
      weights: tensors.get(`${side}.weights`)?.data as Float32Array, // as above
    });
    const labels = new Uint8Array(tensors.get("labels")?.data as Int8Array); // as above
    const through = tensors.get("through")?.data;
    const step = through instanceof Int8Array ? { through: new Uint8Array(through) } : {};
    const times = tensors.get("timesMs")?.data.slice(); // a copy is aligned
    const timesMs = times ? new Float64Array(times.buffer) : null;
    return { context: bags("context"), candidate: bags("candidate"), labels, ...step, timesMs };
  }

  async #bytesOf(path: string): Promise<Uint8Array> {
    const file = await open(path);
    try {
      const { size } = await file.stat();
      if (this.#file.length < size) this.#file = new Uint8Array(size);
      await file.read(this.#file, 0, size, 0);
      return this.#file.subarray(0, size);
    } finally {
      await file.close();
    }
  }
}
