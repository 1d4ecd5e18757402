// A small catalog and a hand-made linear model, served by the real encoder and kernel.
import type * as v from "valibot";
import { type CatalogIndex, indexCatalog } from "../../../functions/catalog/catalog-index.ts";
import { type Decision, type DecisionInput, decide, type ServedModel, shortlist } from "../../../functions/decision/decide.ts";
import type { Funds } from "../../../functions/ledger/account.ts";
import type { EdgeModel } from "../../../functions/model/model.ts";
import { MANIFEST_VERSION } from "../../../shared/artifact/manifest.ts";
import type { Tensor } from "../../../shared/artifact/safetensors.ts";
import type { Catalog } from "../../../shared/catalog/catalog.ts";
import type { SeenViews } from "../../../shared/catalog/views-left.ts";
import { BagWriter } from "../../../shared/features/bags.ts";
import { createEncoder } from "../../../shared/features/encode.ts";
import type { FeatureMap } from "../../../shared/features/feature-map.ts";
import { parse } from "../../../shared/schemas/coded-error.ts";
import { DecisionRequest } from "../../../shared/schemas/decisions.ts";
import module from "../../../shared/scoring/kernel/scorer.wasm";
import { createKernelScorer } from "../../../shared/scoring/kernel-scorer.ts";
import { creativeOf, SIZE, smallCatalog } from "../../small-catalog.ts";

const WIDE = { widthPx: 728, heightPx: 90 };

/** Creatives c0..c3 fit the placement "top"; "wide" fits "banner"; the flight is open. */
export const CATALOG: Catalog = smallCatalog({
  creatives: [
    ...["c0", "c1", "c2", "c3"].map((id) => creativeOf(id)),
    creativeOf("wide", { content: { kind: "image", ...WIDE } }),
  ],
  placements: [
    { id: "top", sizes: [SIZE], features: { position: "top" } },
    { id: "banner", sizes: [WIDE] },
  ],
});

const vocabulary = ["c0", "c1", "c2", "c3", "wide"];
const FEATURE_MAP: FeatureMap = {
  version: 1,
  fields: [
    {
      kind: "categorical",
      name: "device",
      from: "context",
      firstRow: 0,
      rowCount: 4,
      ids: { vocabulary: ["mobile", "desktop"] },
    },
    { kind: "categorical", name: "creativeId", from: "candidate", firstRow: 4, rowCount: 7, ids: { vocabulary } },
  ],
  rowCount: 11,
};

/** Logits are -2, plus 0.5 on mobile, plus what `creativeLogits` says; unseen creatives add -1. */
export function exampleModel(creativeLogits: Record<string, number>): EdgeModel {
  const linear = Float32Array.of(0, 0, 0.5, 0, 0, -1, ...vocabulary.map((id) => creativeLogits[id] ?? 0));
  const tensors = new Map<string, Tensor>([
    ["bias", { dtype: "F32", shape: [1], data: Float32Array.of(-2) }],
    ["linear", { dtype: "F32", shape: [11], data: linear }],
  ]);
  const terms = { linear: true, fm: false, cross: null, mlp: null, retrieval: null, posterior: null } as const;
  const architecture = { embeddingDimension: 1, embeddingBits: 8, ...terms } as const;
  const calibration = { slope: 1, intercept: 0 };
  const served = { featureMap: FEATURE_MAP, architecture, tensors };
  const scorer = createKernelScorer(module, served);
  const metrics = { served: { auc: 0.75, prAuc: 0.1, logloss: 0.2, ece: 0.01, examples: 1000 } };
  const files = { weights: { sha256: "0".repeat(64), sizeBytes: 1 } };
  const encoder = createEncoder(FEATURE_MAP);
  return {
    encoder,
    scorer,
    served,
    bags: { context: new BagWriter(encoder.context.fieldCount), candidate: new BagWriter(encoder.candidate.fieldCount) },
    manifest: {
      formatVersion: MANIFEST_VERSION,
      task: "ad-click",
      family: "logistic",
      createdMs: 0,
      featureMap: FEATURE_MAP,
      architecture,
      calibration,
      metrics,
      dataRange: null,
      codeCommit: null,
      files,
    },
  };
}

/** c2 is best, then c1, c3, c0. */
export const MODEL: ServedModel = { value: exampleModel({ c0: 0, c1: 2, c2: 3, c3: 1, wide: 1 }), version: "0123456789ab" };

export const catalogWith = (changes: Partial<Catalog>): CatalogIndex => indexCatalog({ ...CATALOG, ...changes });

/** A request as the schema gives it. */
export const requestOf = (body: v.InferInput<typeof DecisionRequest>): DecisionRequest => parse(DecisionRequest, body);

const NOON_MS = Date.UTC(2026, 10, 24, 12);

/** A decision for "top" on mobile, at noon on a Tuesday in UTC. */
export function exampleInput(changes: Partial<DecisionInput> = {}): DecisionInput {
  return {
    request: requestOf({ features: { device: "mobile" }, placements: [{ id: "top" }] }),
    catalog: indexCatalog(CATALOG),
    catalogVersion: "catalog00001",
    models: new Map([["stable", MODEL]]),
    conversionModels: new Map(),
    decisionId: "d-1",
    nowMs: NOON_MS,
    seed: 7,
    explain: false,
    ...changes,
  };
}

/** What was there between the halves of a decision; accounts by their keys. */
export interface ExampleState {
  readonly caps?: SeenViews | null;
  readonly accounts?: Readonly<Record<string, Funds>>;
}

/** So many views of each key, a moment ago. */
export const seenOf = (counts: Readonly<Record<string, number>>, heldCount = 0): SeenViews => {
  const seenMs = new Map(Object.entries(counts).map(([key, count]) => [key, Array<number>(count).fill(NOON_MS - 1000)]));
  return { atMs: NOON_MS, heldCount, seenMs };
};

/** Both halves of a decision. */
export function decideIn(input: DecisionInput, { caps = null, accounts = {} }: ExampleState = {}): Decision {
  const listed = shortlist(input);
  return decide(input, listed, { caps, funds: listed.needs.accounts.map(({ key }) => accounts[key] ?? null) });
}

/** Ids of what is shown, by placement. */
export const shownIn = ({ placements }: Decision): string[][] =>
  placements.map(({ slots }) => slots.map(({ chosen }) => chosen.candidate.creativeId));
