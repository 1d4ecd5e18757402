// Signed documents: DSSE envelopes (https://github.com/secure-systems-lab/dsse) with Ed25519.

/** What is signed, so that a pointer can never be taken for a manifest. */
export type PayloadType =
  | "application/vnd.selvedge.manifest+json"
  | "application/vnd.selvedge.catalog+json"
  | "application/vnd.selvedge.pointer+json";

/** Public keys that a reader trusts, by key id (the first 16 hex digits of the SHA-256 of the raw 32-byte key). */
export type TrustedKeys = ReadonlyMap<string, CryptoKey>;

export interface SigningKey {
  readonly keyId: string;
  readonly privateKey: CryptoKey;
}

export declare function signEnvelope(type: PayloadType, payload: unknown, key: SigningKey): Promise<Uint8Array>;
/** The parsed JSON payload. Throws `CodedError`: `envelope_malformed`, `signature_unknown_key`, `signature_invalid`, `payload_type_wrong`. */
export declare function openEnvelope(type: PayloadType, bytes: Uint8Array, keys: TrustedKeys): Promise<unknown>;
/** Parses SELVEDGE_PUBLIC_KEYS: base64 raw keys, separated by commas. */
export declare function importPublicKeys(text: string): Promise<TrustedKeys>;
/** Lower-case hex SHA-256. */
export declare function sha256Hex(bytes: Uint8Array): Promise<string>;
