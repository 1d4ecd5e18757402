// A small random model as a whole artifact: the same seed gives the same bytes.
import { sha256Hex } from "../shared/artifact/envelope.ts";
import { MANIFEST_VERSION, type Manifest, parseManifest } from "../shared/artifact/manifest.ts";
import { writeSafetensors } from "../shared/artifact/safetensors.ts";
import { randomModel } from "./shared/scoring/random-model.ts";

const CHOICE = {
  context: 2,
  candidate: 2,
  dimension: 4,
  linear: true,
  fm: true,
  cross: 1,
  hidden: [8],
  extreme: false,
  values: false,
};

const METRICS = { auc: 0.75, prAuc: 0.4, logloss: 0.5, ece: 0.01, examples: 1000 };

export async function smallArtifact(
  seed: number,
  task = "ad-click",
): Promise<{ manifest: Manifest; weights: Uint8Array<ArrayBuffer> }> {
  const { featureMap, architecture, tensors } = randomModel(seed, CHOICE);
  const weights = writeSafetensors(tensors);
  const manifest = parseManifest({
    formatVersion: MANIFEST_VERSION,
    task,
    family: "deepfm",
    createdMs: Date.UTC(2026, 0, 1) + seed,
    featureMap,
    architecture,
    calibration: { slope: 1, intercept: 0 },
    metrics: { "served.valid": METRICS },
    dataRange: null,
    codeCommit: null,
    files: { weights: { sha256: await sha256Hex(weights), sizeBytes: weights.length } },
  });
  return { manifest, weights };
}
