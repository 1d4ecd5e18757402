// Small sound artifacts, which the fuzz damages: between them every term, every kind of field and every layout that is served.
import { MANIFEST_VERSION } from "../../../../shared/artifact/manifest.ts";
import { writeSafetensors } from "../../../../shared/artifact/safetensors.ts";
import type { FeatureMap, FittedField } from "../../../../shared/features/feature-map.ts";
import { parse } from "../../../../shared/schemas/coded-error.ts";
import { Architecture, type LayerInput } from "../../../../shared/scoring/architecture.ts";
import type { ServedModel } from "../../../../shared/scoring/scorer.ts";
import { randomTensors, seededRandom } from "../../../shared/scoring/random-model.ts";
import { randomRetrieval } from "../../../shared/scoring/random-retrieval.ts";

/** `manifest` is JSON as a publisher signs it. */
export interface Artifact {
  readonly manifest: unknown;
  readonly weights: Uint8Array<ArrayBuffer>;
}

export const TASK = "fuzzed";

type Unplaced = FittedField extends infer Field ? (Field extends unknown ? Omit<Field, "firstRow"> : never) : never;

const separator = "|";
const ids = { vocabulary: ["red", "blue", "green"] };
const hashed = { hashSpace: 6, hashVersion: 1 } as const;
const FIELDS: readonly Unplaced[] = [
  { kind: "categorical", name: "colour", from: "context", rowCount: 5, ids },
  {
    ...{ kind: "numeric", name: "age", from: "context", rowCount: 2, transform: "log", mean: 3, standardDeviation: 0.5 },
    ...{ missing: "indicator", input: "embedding" },
  },
  { kind: "quantile", name: "hour", from: "context", rowCount: 4, boundaries: [6, 18], missing: "mean", meanBucket: 1 },
  { kind: "text", name: "title", from: "context", rowCount: 7, hashSpace: 6, hashVersion: 1, ngrams: [1, 2], maxTokens: 5 },
  { kind: "multi", name: "tags", from: "candidate", rowCount: 5, ids, separator, maxLength: 3 },
  { kind: "sequence", name: "seen", from: "candidate", rowCount: 7, ids: hashed, separator, maxLength: 2 },
  { kind: "vector", name: "shape", from: "candidate", rowCount: 3, dimension: 2, separator, input: "value" },
  {
    ...{ kind: "numeric", name: "price", from: "candidate", rowCount: 2, transform: "standard", mean: 9, standardDeviation: 4 },
    ...{ missing: "mean", input: "value" },
  },
];

function mapOf(fields: readonly Unplaced[]): FeatureMap {
  let rowCount = 0;
  const placed = fields.map((field): FittedField => {
    rowCount += field.rowCount;
    return { ...field, firstRow: rowCount - field.rowCount };
  });
  return { version: 1, fields: placed, rowCount };
}

const wide: LayerInput = { scale: 0.002, bits: 11 };
const narrow: LayerInput = { scale: 0.03, bits: 7 };
const columns = (bits: LayerInput["bits"]): LayerInput => ({ scale: null, bits });
const netOf = (first: LayerInput, second: LayerInput) => ({ hidden: [6, 5], inputs: [first, second], headInputScale: 0.002 });
const crossOf = (...inputs: LayerInput[]) => ({ rank: null, downInputs: [], inputs, headInputScale: 0.003 });
const everything = parse(Architecture, {
  ...{ embeddingDimension: 3, embeddingBits: 8, linear: true, fm: true },
  ...{ cross: crossOf(wide, narrow), mlp: netOf(narrow, wide) },
});
const none = { linear: false, fm: false, cross: null, mlp: null };
const lowRank = { rank: 3, downInputs: [narrow, wide], inputs: [wide, narrow], headInputScale: 0.002 };

/** By name: the fields, and what is done with them. */
const MODELS: Record<string, readonly [fields: readonly Unplaced[], architecture: Architecture]> = {
  everything: [FIELDS, everything],
  "7 bits": [FIELDS, { ...everything, cross: crossOf(narrow), mlp: netOf(narrow, narrow) }],
  "11 bits, 17 dimensions": [FIELDS.slice(3, 6), { ...everything, embeddingDimension: 17, mlp: netOf(wide, wide), cross: null }],
  "low-rank cross layers": [FIELDS, { ...everything, cross: lowRank, mlp: null }],
  "4-bit rows": [FIELDS, { ...everything, embeddingBits: 4, cross: null }],
  "a scale a column": [FIELDS, { ...everything, cross: crossOf(columns(11)), mlp: netOf(columns(7), narrow) }],
  "all by value": [FIELDS.slice(6), { ...everything, fm: false }],
  "context alone, fm": [FIELDS.slice(0, 4), { ...everything, cross: null, mlp: null }],
  logistic: [FIELDS, { ...everything, ...none, linear: true }],
  "a bias": [FIELDS, { ...everything, ...none }],
};

const SHA256 = "0".repeat(64);

/** A whole artifact of a model. */
export function artifactOf(featureMap: FeatureMap, architecture: Architecture, seed: number, extreme = false): Artifact {
  return pack({ featureMap, architecture, tensors: randomTensors(seededRandom(seed), featureMap, architecture, extreme) });
}

/** Two towers beside a ranking model. Not among the sound ones: its tensors cannot be drawn anew for any manifest. */
export function retrievalArtifact(): Artifact {
  const model = { context: 4, candidate: 2, linear: true, hidden: [5] };
  return pack(randomRetrieval(5, { items: 21, width: 6, tower: [5], extreme: false, model }));
}

function pack({ featureMap, architecture, tensors }: ServedModel): Artifact {
  const manifest = {
    ...{ formatVersion: MANIFEST_VERSION, task: TASK, family: "deepfm", createdMs: 1, featureMap, architecture },
    ...{ calibration: { logits: [-1, 0, 1.5], values: [-2, 0.5, 1] }, metrics: {}, dataRange: null, codeCommit: null },
    files: { weights: { sha256: SHA256, sizeBytes: 1 } },
  };
  return { manifest, weights: writeSafetensors(tensors) };
}

/** The manifest that version 1 had for a model that it could say. */
function asVersion1({ manifest, weights }: Artifact): Artifact {
  const { architecture, ...rest } = manifest as { architecture: Architecture };
  const { embeddingDimension, linear, fm, cross, mlp } = architecture;
  const scales = (inputs: readonly LayerInput[]) => ({ inputScales: inputs.map(({ scale }) => scale) });
  const older = {
    ...{ embeddingDimension, linear, fm },
    cross: cross && { ...scales(cross.inputs), headInputScale: cross.headInputScale },
    mlp: mlp && { hidden: mlp.hidden, ...scales(mlp.inputs), headInputScale: mlp.headInputScale },
  };
  return { manifest: { ...rest, formatVersion: 1, architecture: older }, weights };
}

export function soundArtifacts(): ReadonlyMap<string, Artifact> {
  const newest = Object.entries(MODELS).map(
    ([name, [fields, architecture]], seed) => [name, artifactOf(mapOf(fields), architecture, seed)] as const,
  );
  const older = artifactOf(mapOf(FIELDS), { ...everything, cross: crossOf(wide, wide), mlp: netOf(wide, wide) }, 99);
  return new Map([...newest, ["version 1", asVersion1(older)]]);
}
