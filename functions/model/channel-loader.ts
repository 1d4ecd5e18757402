// Keeps the newest good value of one channel in isolate memory: pointer -> document -> bytes, verified, refreshed behind the response.

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
  | "weights_invalid";

export interface Loaded<T> {
  readonly value: T;
  /** First 12 hex digits of the digest of the signed document. */
  readonly version: string;
  readonly sequence: number;
  readonly loadedMs: number;
}

export interface ChannelLoader<T> {
  /** The last good value, or null where there never was one. */
  readonly current: Loaded<T> | null;
  readonly lastFailure: LoadFailure | null;
  /**
   * The value to serve with. Answers from memory when it can, starting a refresh through `waitUntil` once the pointer is older
   * than its lifetime; waits for the store, up to a bound, only while nothing was ever loaded. Never throws.
   */
  get(waitUntil: (work: Promise<unknown>) => void): Promise<Loaded<T> | null>;
}
