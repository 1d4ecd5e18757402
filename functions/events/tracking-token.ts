// Signed impression and click tokens: base64url(payload).base64url(HMAC-SHA256 over the first part), for tracking URLs.
import { decodeBase64Url, encodeBase64Url } from "hono/utils/encode";
import * as v from "valibot";
import { Id } from "../../shared/catalog/parts.ts";
import { int } from "../../shared/schemas/numbers.ts";
import { strictObject } from "../../shared/schemas/objects.ts";
import { WebUrl } from "../../shared/schemas/web-url.ts";

const claims = {
  v: v.literal(1),
  decisionId: v.pipe(v.string(), v.minLength(1), v.maxLength(128)),
  placementId: Id,
  creativeId: Id,
  issuedMs: int,
  expiresMs: int,
};

/** What a token says. The landing URL is inside, so that a click can go nowhere but where the creative's owner said. */
export const TrackingPayload = v.variant("kind", [
  strictObject({ ...claims, kind: v.literal("impression") }),
  strictObject({ ...claims, kind: v.literal("click"), landingUrl: WebUrl }),
]);
export type TrackingPayload = v.InferOutput<typeof TrackingPayload>;

/** Why a token does not count. */
export type TokenFailure = "token_malformed" | "token_forged" | "token_expired" | "token_version_unknown";

/** An expired token is still authentic, so its payload can be trusted: a late click is sent on its way, uncounted. */
export type OpenedToken =
  | { readonly payload: TrackingPayload; readonly failure: null | "token_expired" }
  | { readonly payload: null; readonly failure: Exclude<TokenFailure, "token_expired"> };

/** The key that signs and verifies, from the Worker's secret (any UTF-8 text). */
export function importTrackingKey(secret: string): Promise<CryptoKey> {
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  return crypto.subtle.importKey("raw", new TextEncoder().encode(secret), algorithm, false, ["sign", "verify"]);
}

export async function signTrackingToken(payload: TrackingPayload, key: CryptoKey): Promise<string> {
  const body = encodeUnpadded(toBuffer(JSON.stringify(payload)));
  const mac = await crypto.subtle.sign("HMAC", key, toBuffer(body));
  return `${body}.${encodeUnpadded(mac)}`;
}

/** Reads a token at `nowMs`. Nothing of it is looked at before its signature holds. */
export async function openTrackingToken(token: string, key: CryptoKey, nowMs: number): Promise<OpenedToken> {
  const [body, mac, rest] = token.split(".");
  const macBytes = decodeMac(mac);
  if (!body || macBytes === null || rest !== undefined) return { payload: null, failure: "token_malformed" };
  const authentic = await crypto.subtle.verify("HMAC", key, macBytes, toBuffer(body));
  if (!authentic) return { payload: null, failure: "token_forged" };
  // What we signed is our own JSON: only its version and its time are left to ask.
  return readPayload(JSON.parse(new TextDecoder().decode(decodeBase64Url(body))), nowMs);
}

function readPayload(json: unknown, nowMs: number): OpenedToken {
  const parsed = v.safeParse(TrackingPayload, json);
  if (parsed.success) return { payload: parsed.output, failure: nowMs >= parsed.output.expiresMs ? "token_expired" : null };
  const otherVersion = typeof json === "object" && json !== null && "v" in json && json.v !== 1;
  return { payload: null, failure: otherVersion ? "token_version_unknown" : "token_malformed" };
}

/** The 32 bytes of a SHA-256 mac, or null. Only the one canonical spelling is taken, so that a token has no second form. */
function decodeMac(text: string | undefined): Uint8Array<ArrayBuffer> | null {
  if (text === undefined || !/^[A-Za-z0-9_-]{43}$/.test(text)) return null;
  const bytes = decodeBase64Url(text);
  return encodeUnpadded(bytes.buffer) === text ? bytes : null;
}

const encodeUnpadded = (bytes: ArrayBuffer): string => encodeBase64Url(bytes).replace(/=+$/, "");

function toBuffer(text: string): ArrayBuffer {
  return new TextEncoder().encode(text).buffer as ArrayBuffer; // TextEncoder allocates a plain ArrayBuffer of exactly this length
}
