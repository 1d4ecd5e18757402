// A whole model in the kernel's memory: tables, layers, its two sides, and scratch for one chunk of candidates.
import { type FieldLayout, inputWidth, layoutFields } from "../../features/feature-map.ts";
import type { ServedModel } from "../scorer.ts";
import { float32Tensor, int8Tensor, posteriorLayers, servedLayers } from "../served-layers.ts";
import { usesColumns } from "../validate-served-model.ts";
import { type DenseTerm, placeCross, placeMlp, type Stage, widestOf } from "./dense-terms.ts";
import type { KernelExports } from "./exports.ts";
import type { KernelMemory } from "./kernel-memory.ts";
import { PlacedDraws } from "./placed-draws.ts";
import { PlacedLayer } from "./placed-layer.ts";
import { Side } from "./side.ts";
import { layOutSlot } from "./slot-layout.ts";

/** Candidates that go through all layers together, so that scratch does not grow with the request and stays near. */
export const CHUNK_SIZE = 32;

export interface PlacedModel extends Stage {
  readonly contextSide: Side;
  readonly candidateSide: Side;
  readonly dense: readonly DenseTerm[];
  /** Null where the model has no posterior. */
  readonly draws: PlacedDraws | null;
  readonly linear: boolean;
  readonly bias: number;
}

/** The model must have passed `validateServedModel`. */
export function placeModel(kernel: KernelExports, memory: KernelMemory, model: ServedModel): PlacedModel {
  placeTables(kernel, memory, model);
  const fields = layoutFields(model.featureMap, model.architecture.embeddingDimension);
  const width = inputWidth(fields);
  const layers = { cross: servedLayers("cross", model, width), mlp: servedLayers("mlp", model, width) };
  const cross = layers.cross.map((layer) => new PlacedLayer(kernel, memory, layer));
  const mlp = layers.mlp.map((layer) => new PlacedLayer(kernel, memory, layer));
  const draws = model.architecture.posterior && new PlacedDraws(kernel, memory, model, width, CHUNK_SIZE);
  const slot = layOutSlot(model.architecture, [...cross.slice(0, 1), ...mlp.slice(0, 1)], draws?.hasRows ? draws.width : 0);
  const [contextFields, candidateFields] = [sideOf(fields, "context"), sideOf(fields, "candidate")];
  const contextSide = new Side(kernel, memory, slot, contextFields, 1);
  const candidateSide = new Side(kernel, memory, slot, candidateFields, CHUNK_SIZE);
  const widest = widestOf([...layers.cross, ...layers.mlp, ...posteriorLayers(model, width)]);
  const stage: Stage = {
    kernel,
    memory,
    slot,
    context: memory.reserve(contextSide.slotBytes),
    contextColumns: inputWidth(contextFields),
    candidateColumns: inputWidth(candidateFields),
    chunkSize: CHUNK_SIZE,
    activations: memory.reserve(CHUNK_SIZE * widest * 2),
    sums: memory.reserve(CHUNK_SIZE * widest * 4),
    zeros: memory.reserve(widest * 4),
  };
  const dense: DenseTerm[] = [];
  if (cross.length > 0) dense.push(placeCross(stage, 0, cross));
  if (mlp.length > 0) dense.push(placeMlp(stage, cross.length > 0 ? 1 : 0, mlp));
  const bias = float32Tensor(model, "bias")[0] as number; // validated: [1]
  return { ...stage, contextSide, candidateSide, dense, draws, linear: model.architecture.linear, bias };
}

/** Embeddings and linear weights, as far as the architecture has them. */
export function placeTables(kernel: KernelExports, memory: KernelMemory, model: ServedModel): void {
  const { linear, embeddingDimension, embeddingBits } = model.architecture;
  const columns = usesColumns(model.architecture);
  kernel.setTables(
    columns ? memory.place(int8Tensor(model, "embedding")) : 0,
    columns ? memory.place(float32Tensor(model, "embedding.scale")) : 0,
    linear ? memory.place(float32Tensor(model, "linear")) : 0,
    embeddingDimension,
    embeddingBits,
  );
}

function sideOf(fields: readonly FieldLayout[], side: "context" | "candidate"): FieldLayout[] {
  return fields.filter(({ field }) => field.from === side);
}
