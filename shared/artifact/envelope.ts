// Signed documents: DSSE envelopes (https://github.com/secure-systems-lab/dsse) with Ed25519.
import * as v from "valibot";
import { CodedError, problemsOf } from "../schemas/coded-error.ts";
import { strictObject } from "../schemas/objects.ts";
import { decodeBase64, encodeBase64 } from "./base64.ts";

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

const Envelope = strictObject({
  payload: v.string(),
  payloadType: v.string(),
  signatures: v.pipe(v.array(strictObject({ keyid: v.string(), sig: v.string() })), v.minLength(1)),
});
type Envelope = v.InferOutput<typeof Envelope>;

/** An Ed25519 signature. workerd throws on any other length. */
const SIGNATURE_BYTES = 64;

const utf8 = new TextEncoder();

/** What is really signed: DSSE's pre-authentication encoding, `DSSEv1 len(type) type len(body) body`. */
function preAuthEncode(type: string, body: Uint8Array): Uint8Array<ArrayBuffer> {
  const head = utf8.encode(`DSSEv1 ${utf8.encode(type).length} ${type} ${body.length} `);
  const encoded = new Uint8Array(head.length + body.length);
  encoded.set(head);
  encoded.set(body, head.length);
  return encoded;
}

/**
 * Signs `JSON.stringify(payload)`. Ed25519 has no randomness, so the same payload and key give the same bytes.
 *
 * @example const bytes = await signEnvelope("application/vnd.selvedge.pointer+json", pointer, key);
 */
export async function signEnvelope(type: PayloadType, payload: unknown, key: SigningKey): Promise<Uint8Array> {
  const body = utf8.encode(JSON.stringify(payload));
  const signature = await crypto.subtle.sign("Ed25519", key.privateKey, preAuthEncode(type, body));
  const signatures = [{ keyid: key.keyId, sig: encodeBase64(new Uint8Array(signature)) }];
  const envelope: Envelope = { payload: encodeBase64(body), payloadType: type, signatures };
  return utf8.encode(JSON.stringify(envelope));
}

/**
 * The parsed JSON payload of a signed document, once one of its signatures is that of a trusted key. Nothing of the payload is
 * looked at before.
 *
 * Throws `CodedError`: `envelope_malformed`, `signature_unknown_key`, `signature_invalid`, `payload_type_wrong`.
 *
 * @example const pointer = parsePointer(await openEnvelope("application/vnd.selvedge.pointer+json", bytes, keys));
 */
export async function openEnvelope(type: PayloadType, bytes: Uint8Array, keys: TrustedKeys): Promise<unknown> {
  const envelope = parseEnvelope(bytes);
  const body = decodeBase64(envelope.payload);
  if (!body) throw new CodedError("envelope_malformed", "payload", "expected base64");
  await requireSignature(envelope, body, keys);
  if (envelope.payloadType !== type) {
    throw new CodedError("payload_type_wrong", "payloadType", `expected ${type}, the document says ${envelope.payloadType}`);
  }
  return parseJson(body, "payload");
}

function parseEnvelope(bytes: Uint8Array): Envelope {
  const result = v.safeParse(Envelope, parseJson(bytes, ""));
  if (result.success) return result.output;
  const [problem] = problemsOf(result.issues);
  throw new CodedError("envelope_malformed", "", `expected a DSSE envelope: ${problem?.path}: ${problem?.detail}`);
}

function parseJson(bytes: Uint8Array, path: string): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(bytes));
  } catch (cause) {
    throw new CodedError("envelope_malformed", path, "expected JSON in UTF-8; the document is damaged", undefined, { cause });
  }
}

/** Passes where any one signature is good; DSSE's key ids are hints, so an unknown one is skipped. */
async function requireSignature({ payloadType, signatures }: Envelope, body: Uint8Array, keys: TrustedKeys): Promise<void> {
  const signed = preAuthEncode(payloadType, body);
  const known = signatures.filter(({ keyid }) => keys.has(keyid));
  for (const { keyid, sig } of known) {
    const key = keys.get(keyid);
    const signature = decodeBase64(sig);
    if (key && signature?.length === SIGNATURE_BYTES && (await crypto.subtle.verify("Ed25519", key, signature, signed))) return;
  }
  const ids = signatures.map(({ keyid }) => keyid).join(", ");
  if (known.length === 0) {
    throw new CodedError("signature_unknown_key", "signatures", `signed by ${ids}, which is not a key that this reader trusts`);
  }
  throw new CodedError("signature_invalid", "signatures", `the signature by ${ids} does not match: the document was changed`);
}

/**
 * Key id of a raw 32-byte Ed25519 public key.
 *
 * @example await keyIdOf(raw); // "9f86d081884c7d65"
 */
export async function keyIdOf(rawPublicKey: Uint8Array): Promise<string> {
  return (await sha256Hex(rawPublicKey)).slice(0, 16);
}

/**
 * Parses PUBLIC_KEYS: base64 raw keys, separated by commas. Several are trusted at once while a key is being replaced; an empty
 * text trusts none. Throws `CodedError` `public_key_malformed`.
 *
 * @example const keys = await importPublicKeys("11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=");
 */
export async function importPublicKeys(text: string): Promise<TrustedKeys> {
  const keys = new Map<string, CryptoKey>();
  const entries = text.split(",").map((entry) => entry.trim());
  for (const [index, entry] of entries.entries()) {
    if (entry === "") continue;
    const raw = decodeBase64(entry);
    if (raw?.length !== 32) {
      throw new CodedError("public_key_malformed", `PUBLIC_KEYS[${index}]`, "expected 32 bytes in base64, as keygen writes them");
    }
    keys.set(await keyIdOf(raw), await crypto.subtle.importKey("raw", raw, "Ed25519", true, ["verify"]));
  }
  return keys;
}

/**
 * Lower-case hex SHA-256.
 *
 * @example await sha256Hex(new Uint8Array()); // "e3b0c44298fc1c14..."
 */
export async function sha256Hex(bytes: Uint8Array): Promise<string> {
  const owned = bytes as Uint8Array<ArrayBuffer>; // never shared memory: the artifact's bytes come from files and the network
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", owned));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
