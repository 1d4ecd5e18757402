// How good a published artifact is on given examples: scored by the serving kernel, calibrated as it is served.
import type { Metrics } from "../../shared/artifact/manifest.ts";
import { readSafetensors } from "../../shared/artifact/safetensors.ts";
import { calibrate } from "../../shared/scoring/calibration.ts";
import { createKernelScorer } from "../../shared/scoring/kernel-scorer.ts";
import type { Examples } from "../dataset/shards.ts";
import type { ModelArtifact } from "../publish/artifact.ts";
import { readKernelModule } from "../quantize/kernel-module.ts";
import { scoreDataset } from "../quantize/score-dataset.ts";
import { evaluate } from "./metrics.ts";
import { scoreInChunks } from "./score-in-chunks.ts";

/** `data` is encoded with the artifact's own feature map. Rejects with the signal's reason once it is aborted. */
export async function evaluateArtifact(
  { manifest, weights }: ModelArtifact,
  data: Examples,
  signal: AbortSignal,
): Promise<Metrics> {
  const { featureMap, architecture, calibration } = manifest;
  const scorer = createKernelScorer(readKernelModule(), { featureMap, architecture, tensors: readSafetensors(weights) });
  const logits = await scoreInChunks(data, (part) => scoreDataset(scorer, part), signal);
  return evaluate(
    Float64Array.from(logits, (logit) => calibrate(logit, calibration)),
    data.labels,
  );
}
