// Why a load failed: the closed list, and how the errors of each stage map onto it.
import { CodedError } from "../../shared/schemas/coded-error.ts";

/** Why a load failed. The last good value, if any, stays. */
export type LoadFailure =
  | "pointer_missing"
  | "pointer_invalid"
  | "pointer_replayed"
  | "store_unreachable"
  | "store_timeout"
  | "store_refused"
  | "document_missing"
  | "signature_invalid"
  | "version_unknown"
  | "document_invalid"
  | "weights_missing"
  | "weights_hash_mismatch"
  | "weights_invalid"
  | "load_abandoned";

export class LoadError extends Error {
  readonly reason: LoadFailure;

  constructor(reason: LoadFailure, options?: ErrorOptions) {
    super(reason, options);
    this.name = "LoadError";
    this.reason = reason;
  }
}

const REASONS: Readonly<Record<string, LoadFailure>> = {
  store_unreachable: "store_unreachable",
  store_timeout: "store_timeout",
  store_refused: "store_refused",
  public_key_malformed: "signature_invalid",
  signature_unknown_key: "signature_invalid",
  signature_invalid: "signature_invalid",
  pointer_version_unknown: "version_unknown",
  manifest_version_unknown: "version_unknown",
  catalog_version_unknown: "version_unknown",
  document_missing: "document_missing",
  document_hash_mismatch: "document_invalid",
  weights_missing: "weights_missing",
  weights_hash_mismatch: "weights_hash_mismatch",
  safetensors_malformed: "weights_invalid",
  model_invalid: "weights_invalid",
  out_of_memory: "weights_invalid",
};

/**
 * Runs one stage of a load. What it throws becomes a `LoadError`: by its code where the code says enough, else `otherwise`.
 *
 * @example const pointer = await inStage("pointer_invalid", () => readPointer(reader, keys, name, channel));
 */
export async function inStage<T>(otherwise: LoadFailure, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof LoadError) throw error;
    const reason = error instanceof CodedError ? REASONS[error.code] : undefined;
    throw new LoadError(reason ?? otherwise, { cause: error });
  }
}
