// The store port: an S3-like bucket. Readers never need more than `get`; publishers also write, with conditions.

/** `etag` changes whenever the bytes do; conditional writes quote it. */
export interface StoredObject {
  readonly bytes: Uint8Array;
  readonly etag: string;
}

/** Every way in which a read can fail. `not_found` is an answer; the others are failures. */
export type StoreFailure = "store_unreachable" | "store_timeout" | "store_refused";

export interface ObjectReader {
  /** The object, or null where there is none. Throws `CodedError` with a `StoreFailure` code. */
  get(key: string): Promise<StoredObject | null>;
}

/** `ifMatch: etag` replaces exactly that version; `ifNoneMatch: true` only creates. */
export type WriteCondition = { readonly ifMatch: string } | { readonly ifNoneMatch: true } | null;

/** What publishing needs of a store: it looks nothing up but by name. */
export interface PublishedStore extends ObjectReader {
  /** Writes, or answers false where the condition does not hold (another writer was first). */
  put(key: string, bytes: Uint8Array, condition: WriteCondition): Promise<boolean>;
}

export interface ObjectStore extends PublishedStore {
  /** Keys under a prefix, in order. */
  list(prefix: string): Promise<string[]>;
}
