// The scorer that serves: the model in wasm memory once; a request is bags in, logits out, its context encoded once for all candidates.
import type { Bags } from "../features/bags.ts";
import { type FieldLayout, inputWidth, layoutFields } from "../features/feature-map.ts";
import { type DenseTerm, placeCross, placeMlp } from "./kernel/dense-terms.ts";
import { instantiateKernel, type KernelExports } from "./kernel/exports.ts";
import { KernelMemory } from "./kernel/kernel-memory.ts";
import { PlacedSide } from "./kernel/placed-side.ts";
import { RequestRegion } from "./kernel/request-region.ts";
import { CHUNK_SIZE, reserveScratch, type Scratch } from "./kernel/scratch.ts";
import type { Scorer, ServedModel } from "./scorer.ts";
import { float32Tensor, int8Tensor, servedLayers } from "./served-layers.ts";
import { usesColumns, validateServedModel } from "./validate-served-model.ts";

/**
 * Makes a scorer of a model; equals `createReferenceScorer` bit for bit, at some hundred times its speed.
 *
 * @param module scorer.wasm, compiled: workerd imports it as a module; Node reads and compiles the file
 * @throws CodedError `model_invalid` (path: the tensor) or `out_of_memory`
 * @throws Error from `score` where bags hold rows that are not their field's
 * @example createKernelScorer(module, model).score(context, candidates); // Float32Array [candidates.count]
 */
export function createKernelScorer(module: WebAssembly.Module, model: ServedModel): Scorer {
  validateServedModel(model);
  const kernel = instantiateKernel(module);
  const memory = new KernelMemory(kernel);
  placeTables(kernel, memory, model);
  const layout = layoutFields(model.featureMap, model.architecture.embeddingDimension);
  const [contextFields, candidateFields] = [sideOf(layout, "context"), sideOf(layout, "candidate")];
  const width = inputWidth(layout);
  const [cross, mlp] = [servedLayers("cross", model, width), servedLayers("mlp", model, width)];
  const columns = usesColumns(model.architecture) ? [inputWidth(contextFields), inputWidth(candidateFields)] : [0, 0];
  const fmDimension = model.architecture.fm ? model.architecture.embeddingDimension : 0;
  const scratch = reserveScratch(memory, columns[0] as number, columns[1] as number, fmDimension, [...cross, ...mlp]);
  const dense: DenseTerm[] = [];
  if (cross.length > 0) dense.push(placeCross(kernel, memory, scratch, CHUNK_SIZE, cross));
  if (mlp.length > 0) dense.push(placeMlp(kernel, memory, scratch, mlp));
  return new KernelScorer({
    kernel,
    scratch,
    dense,
    fmDimension,
    linear: model.architecture.linear,
    bias: float32Tensor(model, "bias")[0] as number, // validated: [1]
    context: new PlacedSide(kernel, memory, contextFields),
    candidate: new PlacedSide(kernel, memory, candidateFields),
    region: new RequestRegion(memory),
  });
}

interface Parts {
  readonly kernel: KernelExports;
  readonly scratch: Scratch;
  readonly dense: readonly DenseTerm[];
  readonly fmDimension: number;
  readonly linear: boolean;
  readonly bias: number;
  readonly context: PlacedSide;
  readonly candidate: PlacedSide;
  readonly region: RequestRegion;
}

class KernelScorer implements Scorer {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  score(context: Bags, candidates: Bags): Float32Array {
    const { candidate, region, bias } = this.#parts;
    const count = candidate.fieldCount === 0 ? 1 : candidates.count;
    const contextLinear = this.#encodeContext(context);
    candidate.check(candidates);
    const put = region.put(candidates, count);
    const logits = region.logits(count);
    logits.fill(bias);
    for (let first = 0; first < count; first += CHUNK_SIZE) {
      this.#scoreChunk(put, first, Math.min(CHUNK_SIZE, count - first), contextLinear);
    }
    return logits;
  }

  /** Returns the context's linear sum; the rest lies in scratch and in the dense terms. */
  #encodeContext(context: Bags): number {
    const { scratch, region, dense, context: side } = this.#parts;
    side.check(context);
    const target = { x0: scratch.contextRow, rowBytes: 0, linear: scratch.contextLinear, fm: scratch.contextFm };
    side.gather(region, region.put(context, 0), 0, 1, target);
    for (const term of dense) term.encodeContext();
    return region.float32At(scratch.contextLinear);
  }

  /** Adds every term to the chunk's logits, in the reference's order. */
  #scoreChunk(put: ReturnType<RequestRegion["put"]>, first: number, count: number, contextLinear: number): void {
    const { kernel, scratch, region, candidate, dense, fmDimension, linear } = this.#parts;
    const { rows, rowBytes, linearSums, contextFm, fmSums } = scratch;
    candidate.gather(region, put, first, count, { x0: rows, rowBytes, linear: linearSums, fm: fmSums });
    const logits = region.pointers.logits + first * 4;
    if (linear) kernel.addLinear(contextLinear, linearSums, count, logits);
    if (fmDimension > 0) kernel.addInteractions(contextFm, fmSums, count, fmDimension, logits);
    for (const term of dense) term.add(count, logits);
  }
}

function placeTables(kernel: KernelExports, memory: KernelMemory, model: ServedModel): void {
  const { linear, embeddingDimension } = model.architecture;
  const columns = usesColumns(model.architecture);
  kernel.setTables(
    columns ? memory.place(int8Tensor(model, "embedding")) : 0,
    columns ? memory.place(float32Tensor(model, "embedding.scale")) : 0,
    linear ? memory.place(float32Tensor(model, "linear")) : 0,
    embeddingDimension,
  );
}

function sideOf(layout: readonly FieldLayout[], side: "context" | "candidate"): FieldLayout[] {
  return layout.filter(({ field }) => field.from === side);
}
