// An artifact in hand: a manifest and its weights, complete before anything is published, and checked whenever it is read.
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { sha256Hex } from "../../shared/artifact/envelope.ts";
import { type Manifest, parseManifest } from "../../shared/artifact/manifest.ts";
import { readSafetensors } from "../../shared/artifact/safetensors.ts";
import { CodedError } from "../../shared/schemas/coded-error.ts";
import { validateServedModel } from "../../shared/scoring/validate-served-model.ts";

/** `weights` is a safetensors file whose hash the manifest names. */
export interface ModelArtifact {
  readonly manifest: Manifest;
  readonly weights: Uint8Array;
}

export const MANIFEST_FILE = "manifest.json";
export const WEIGHTS_FILE = "weights.safetensors";

/** Throws `CodedError` `weights_hash_mismatch`, `safetensors_malformed` or `model_invalid` where weights and manifest do not fit. */
export async function verifyArtifact({ manifest, weights }: ModelArtifact): Promise<void> {
  const { sha256, sizeBytes } = manifest.files.weights;
  if (weights.length !== sizeBytes || (await sha256Hex(weights)) !== sha256) {
    const detail = `expected ${sizeBytes} bytes with SHA-256 ${sha256}; the file is damaged, or belongs to another manifest`;
    throw new CodedError("weights_hash_mismatch", WEIGHTS_FILE, detail);
  }
  const { featureMap, architecture } = manifest;
  validateServedModel({ featureMap, architecture, tensors: readSafetensors(weights) });
}

/** Writes `manifest.json` and `weights.safetensors` into a folder of their own. Unsigned: publishing signs. */
export async function writeArtifactFolder(folder: string, { manifest, weights }: ModelArtifact): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, WEIGHTS_FILE), weights);
  await writeFile(join(folder, MANIFEST_FILE), `${JSON.stringify(manifest, null, 2)}\n`);
}

/** Reads such a folder and checks it. Throws `CodedError`: `file_missing`, `manifest_malformed`, and those of `verifyArtifact`. */
export async function readArtifactFolder(folder: string): Promise<ModelArtifact> {
  const manifest = parseManifest(parseJson(await readArtifactFile(folder, MANIFEST_FILE)));
  const artifact = { manifest, weights: await readArtifactFile(folder, WEIGHTS_FILE) };
  await verifyArtifact(artifact);
  return artifact;
}

async function readArtifactFile(folder: string, name: string): Promise<Uint8Array> {
  try {
    return new Uint8Array(await readFile(join(folder, name)));
  } catch (cause) {
    const detail = `an artifact folder holds ${MANIFEST_FILE} and ${WEIGHTS_FILE}; this one cannot be read`;
    throw new CodedError("file_missing", join(folder, name), detail, undefined, { cause });
  }
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch (cause) {
    throw new CodedError("manifest_malformed", MANIFEST_FILE, "expected JSON", undefined, { cause });
  }
}
