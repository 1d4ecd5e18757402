// The scorer that serves: the model in wasm memory once; a request is bags in, logits and probabilities out.
import { type Bags, BagWriter } from "../features/bags.ts";
import { type Calibration, IDENTITY, piecesOf } from "./calibration.ts";
import { CandidateCache } from "./kernel/candidate-cache.ts";
import { instantiateKernel } from "./kernel/exports.ts";
import { KernelMemory } from "./kernel/kernel-memory.ts";
import type { PlacedDraws } from "./kernel/placed-draws.ts";
import { CHUNK_SIZE, type PlacedModel, placeModel } from "./kernel/placed-model.ts";
import { RequestRegion } from "./kernel/request-region.ts";
import type { CachingScorer, DrawnScores, Scores, ServedModel } from "./scorer.ts";
import { validateServedModel } from "./validate-served-model.ts";

/** Most candidates that are kept, and the most bytes of them. */
const CACHE_SLOTS = 10_000;
const CACHE_BYTES = 32 * 2 ** 20;

/**
 * Makes a scorer of a model; equals `createReferenceScorer` bit for bit, at some hundred times its speed.
 *
 * @param module either build of the kernel, compiled: workerd imports it as a module; Node reads and compiles the file
 * @throws CodedError `model_invalid` (path: the tensor) or `out_of_memory`
 * @throws Error from `score` where bags hold rows that are not their field's
 * @example createKernelScorer(module, model).score(context, candidates).logits; // Float32Array [candidates.count]
 */
export function createKernelScorer(
  module: WebAssembly.Module,
  model: ServedModel,
  calibration: Calibration = IDENTITY,
): CachingScorer {
  validateServedModel(model);
  const kernel = instantiateKernel(module);
  const memory = new KernelMemory(kernel);
  return new KernelScorer(placeModel(kernel, memory, model), calibration);
}

type Encode<Key> = (key: Key, into: BagWriter) => void;

class KernelScorer implements CachingScorer {
  readonly #model: PlacedModel;
  /** Of the calibration, f64 [logit, value, slope] each. */
  readonly #pieces: number;
  readonly #pieceCount: number;
  readonly #region: RequestRegion;
  readonly #cache: CandidateCache;
  readonly #writer: BagWriter;
  /** Slots of a chunk that is encoded anew; `#batchPointers` are theirs, in order. */
  readonly #batch: number;
  readonly #batchPointers: number;
  readonly #chunkPointers: number;

  constructor(model: PlacedModel, calibration: Calibration) {
    const { memory, candidateSide } = model;
    const { slotBytes, fieldCount } = candidateSide;
    this.#model = model;
    const pieces = piecesOf(calibration);
    this.#pieces = memory.place(Float64Array.from(pieces.flatMap(({ logit, value, slope }) => [logit, value, slope])));
    this.#pieceCount = pieces.length;
    this.#writer = new BagWriter(fieldCount);
    this.#batch = memory.reserve(CHUNK_SIZE * slotBytes);
    this.#batchPointers = memory.place(Int32Array.from({ length: CHUNK_SIZE }, (_, i) => this.#batch + i * slotBytes));
    this.#chunkPointers = memory.reserve(CHUNK_SIZE * 4);
    this.#region = new RequestRegion(memory);
    const affordable = Math.floor(CACHE_BYTES / slotBytes);
    this.#cache = new CandidateCache(memory, slotBytes, Math.max(2 * CHUNK_SIZE, Math.min(CACHE_SLOTS, affordable)));
  }

  get drawCount(): number {
    return this.#model.draws?.count ?? 0;
  }

  score(context: Bags, candidates: Bags): Scores {
    return this.#finish(this.#scoreAll(context, candidates, null));
  }

  scoreDraws(context: Bags, candidates: Bags): DrawnScores {
    const draws = this.#requireDraws();
    return this.#finishDraws(this.#scoreAll(context, candidates, draws), draws);
  }

  scoreCached<Key extends object>(context: Bags, keys: readonly Key[], encode: Encode<Key>): Scores {
    return this.#finish(this.#scoreKeys(context, keys, encode, null));
  }

  scoreDrawsCached<Key extends object>(context: Bags, keys: readonly Key[], encode: Encode<Key>): DrawnScores {
    const draws = this.#requireDraws();
    return this.#finishDraws(this.#scoreKeys(context, keys, encode, draws), draws);
  }

  #requireDraws(): PlacedDraws {
    if (this.#model.draws === null) throw new Error("the model has no posterior to draw from");
    return this.#model.draws;
  }

  /** Returns the number of candidates. */
  #scoreAll(context: Bags, candidates: Bags, draws: PlacedDraws | null): number {
    const { candidateSide } = this.#model;
    candidateSide.check(candidates);
    const count = candidateSide.fieldCount === 0 ? 1 : candidates.count;
    this.#begin(context, count, draws);
    const put = this.#region.put(candidates);
    for (let first = 0; first < count; first += CHUNK_SIZE) {
      const size = Math.min(CHUNK_SIZE, count - first);
      candidateSide.encode(this.#region, put, first, size, this.#batch);
      if (draws?.hasRows) this.#encodeDraws(draws, put.base, first, size);
      this.#scoreSlots(this.#batchPointers, first, size, draws);
    }
    return count;
  }

  /** As `#scoreAll`. */
  #scoreKeys<Key extends object>(context: Bags, keys: readonly Key[], encode: Encode<Key>, draws: PlacedDraws | null): number {
    this.#begin(context, keys.length, draws);
    for (let first = 0; first < keys.length; first += CHUNK_SIZE) {
      const size = Math.min(CHUNK_SIZE, keys.length - first);
      this.#findSlots(keys, first, size, encode);
      this.#scoreSlots(this.#chunkPointers, first, size, draws);
    }
    return keys.length;
  }

  /** Leaves the slots of a chunk's keys in `#chunkPointers`; those that the cache does not have are encoded, all together, and kept. */
  #findSlots<Key extends object>(keys: readonly Key[], first: number, size: number, encode: Encode<Key>): void {
    const pointers = this.#model.memory.int32;
    const at = this.#chunkPointers >>> 2;
    let missing = false;
    this.#cache.beginRound();
    for (let i = 0; i < size; i++) missing = (pointers[at + i] = this.#cache.find(keys[first + i] as Key)) === 0 || missing; // i < size
    if (missing) this.#addMissing(keys.slice(first, first + size), encode);
  }

  /** A slot that is kept has its draws too: they cost once what asking later would need bags for. */
  #addMissing<Key extends object>(chunk: readonly Key[], encode: Encode<Key>): void {
    const { memory, candidateSide, draws } = this.#model;
    const { slotBytes } = candidateSide;
    const missing = chunk.filter((key) => this.#cache.find(key) === 0);
    this.#writer.clear();
    for (const key of missing) encode(key, this.#writer);
    const put = this.#region.put(this.#writer.view());
    candidateSide.encode(this.#region, put, 0, missing.length, this.#batch);
    if (draws?.hasRows) this.#encodeDraws(draws, put.base, 0, missing.length);
    for (const [i, key] of missing.entries()) {
      const slot = this.#batch + i * slotBytes;
      const kept = this.#cache.add(key); // may grow the memory
      memory.bytes.copyWithin(kept, slot, slot + slotBytes);
    }
    memory.int32.set(
      chunk.map((key) => this.#cache.find(key)),
      this.#chunkPointers >>> 2,
    );
  }

  /** Encodes the context into its slot. */
  #begin(context: Bags, count: number, draws: PlacedDraws | null): void {
    const { contextSide, context: slot, memory, bias } = this.#model;
    contextSide.check(context);
    this.#region.ensureScores(count);
    if (draws) this.#region.ensureDraws(count * draws.count);
    contextSide.encode(this.#region, this.#region.put(context), 0, 1, slot);
    const firstLogit = this.#region.logits >>> 2;
    memory.float32.fill(bias, firstLogit, firstLogit + count);
  }

  /** Of examples that lie in the batch's slots. */
  #encodeDraws(draws: PlacedDraws, base: number, first: number, count: number): void {
    const { slot, candidateSide } = this.#model;
    draws.encode(this.#region, base, first, count, this.#batch + slot.drawsOffset, candidateSide.slotBytes);
  }

  /** Adds every term to the chunk's logits, in the reference's order. */
  #scoreSlots(slots: number, first: number, count: number, draws: PlacedDraws | null): void {
    const { kernel, context, slot, dense, linear, candidateSide } = this.#model;
    const logits = this.#region.logits + first * 4;
    kernel.fetchSlots(slots, count, draws ? 0 : slot.termsOffset, candidateSide.slotBytes);
    draws?.begin(slots, count, slot.drawsOffset);
    if (linear) kernel.addLinear(slots, count, context, logits);
    if (slot.fmOffset > 0) kernel.addInteractions(slots, count, context, slot.fmOffset, slot.fmDimension, logits);
    for (const add of dense) add(slots, count, logits, draws);
    draws?.finish(logits, count, this.#region.drawLogits + first * draws.count * 4);
  }

  #finish(count: number): Scores {
    this.#calibrate(this.#region.logits, count, this.#region.probabilities);
    return this.#region.scores(count);
  }

  #finishDraws(count: number, draws: PlacedDraws): DrawnScores {
    this.#calibrate(this.#region.logits, count, this.#region.probabilities);
    this.#calibrate(this.#region.drawLogits, count * draws.count, this.#region.drawProbabilities);
    return this.#region.drawnScores(count, draws.count);
  }

  #calibrate(logits: number, count: number, probabilities: number): void {
    this.#model.kernel.calibrate(logits, count, this.#pieces, this.#pieceCount, probabilities);
  }
}
