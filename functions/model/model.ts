// A published model, ready to be served: manifest, encoder and int8 scorer.
import { type Manifest, parseManifest } from "../../shared/artifact/manifest.ts";
import { readSafetensors } from "../../shared/artifact/safetensors.ts";
import { BagWriter } from "../../shared/features/bags.ts";
import { createEncoder, type Encoder } from "../../shared/features/encode.ts";
import { CodedError } from "../../shared/schemas/coded-error.ts";
import { createKernelScorer } from "../../shared/scoring/kernel-scorer.ts";
import type { CachingScorer, ServedModel } from "../../shared/scoring/scorer.ts";
import { type ChannelLoader, type ChannelLoaderOptions, createChannelLoader } from "./channel-loader.ts";
import type { FetchObject } from "./channel-source.ts";

export interface EdgeModel {
  readonly manifest: Manifest;
  readonly encoder: Encoder;
  readonly scorer: CachingScorer;
  /** What the scorer was made of, for explanations. */
  readonly served: ServedModel;
  /** Written anew by every request: encoding and scoring never wait in between. */
  readonly bags: { readonly context: BagWriter; readonly candidate: BagWriter };
}

export interface ModelLoaderOptions extends Omit<ChannelLoaderOptions<EdgeModel>, "payloadType" | "build"> {
  /** The compiled scoring kernel; the model itself is data. */
  readonly kernel: WebAssembly.Module;
}

/**
 * Loads the model of task `name` from `channel`.
 *
 * @example const loader = createModelLoader({ ...store, kernel, name: "ad-click", channel: "stable", ttlMs, firstLoadMs, nowMs });
 */
export function createModelLoader({ kernel, ...options }: ModelLoaderOptions): ChannelLoader<EdgeModel> {
  const build = (payload: unknown, fetchObject: FetchObject) => buildEdgeModel(kernel, options.name, payload, fetchObject);
  return createChannelLoader({ ...options, payloadType: "application/vnd.selvedge.manifest+json", build });
}

/**
 * The last stage of a load: a manifest's payload and the weights that it names. Throws `CodedError`: those of `parseManifest`,
 * `readSafetensors` and `createKernelScorer`, and `manifest_misplaced`.
 */
export async function buildEdgeModel(
  kernel: WebAssembly.Module,
  task: string,
  payload: unknown,
  fetchObject: FetchObject,
): Promise<EdgeModel> {
  const manifest = parseManifest(payload);
  if (manifest.task !== task)
    throw new CodedError("manifest_misplaced", "manifest.task", `expected ${task}, found ${manifest.task}`);
  const { featureMap, architecture, calibration, files } = manifest;
  const served = { featureMap, architecture, tensors: readSafetensors(await fetchObject(files.weights.sha256)) };
  const scorer = createKernelScorer(kernel, served, calibration); // first, because it refuses a map that does not hold together
  const encoder = createEncoder(featureMap);
  const bags = { context: new BagWriter(encoder.context.fieldCount), candidate: new BagWriter(encoder.candidate.fieldCount) };
  return { manifest, encoder, scorer, served, bags };
}
