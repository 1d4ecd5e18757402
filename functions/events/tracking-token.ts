// The token of a shown creative, in both of its tracking URLs: what was shown, what it costs and where a click goes, signed.
import * as v from "valibot";
import { decodeTextBase64Url, encodeTextBase64Url } from "../../shared/access/base64url.ts";
import { openText, signText } from "../../shared/access/signed-text.ts";
import { Id, Micros } from "../../shared/catalog/parts.ts";
import { Slot } from "../../shared/schemas/events.ts";
import { int } from "../../shared/schemas/numbers.ts";
import { strictObject } from "../../shared/schemas/objects.ts";
import { WebUrl } from "../../shared/schemas/web-url.ts";

const TOKEN_VERSION = 2;

/** How long after the decision an impression counts: a page that is opened from a cache a day later was not served then. */
export const IMPRESSION_LIFETIME_MS = 3600 * 1000;
/** And a click. */
export const CLICK_LIFETIME_MS = 24 * 3600 * 1000;
/** And a conversion after the click: what comes later is recorded, and charged to nobody. */
export const CONVERSION_LIFETIME_MS = 30 * 24 * 3600 * 1000;

/** What one event of the price's model costs; for `cpm`, micros for 1,000 impressions. */
export const TokenPrice = strictObject({ model: v.picklist(["cpm", "cpc", "cpa"]), micros: Micros });
export type TokenPrice = v.InferOutput<typeof TokenPrice>;

/**
 * `slot` counts a placement's creatives from 0. `leases` are the ledger's ids of what was reserved. The landing URL is inside, its macros
 * expanded, so that a click can go nowhere but where the creative's owner said. Clicks count until `expiresMs`.
 */
export const TrackingClaims = strictObject({
  v: v.literal(TOKEN_VERSION),
  decisionId: v.pipe(v.string(), v.minLength(1), v.maxLength(128)),
  placementId: Id,
  slot: Slot,
  creativeId: Id,
  campaignId: v.nullable(Id),
  price: v.nullable(TokenPrice),
  leases: v.array(v.string()),
  landingUrl: WebUrl,
  issuedMs: int,
  expiresMs: int,
});
export type TrackingClaims = v.InferOutput<typeof TrackingClaims>;

/** What a token is used for. */
export type TrackingKind = "impression" | "click" | "conversion";

/** Why a token does not count. */
export type TokenFailure = "token_malformed" | "token_forged" | "token_expired" | "token_version_unknown";

/** An expired token is still authentic, so its claims can be trusted: a late click is sent on its way, uncounted. */
export type OpenedToken =
  | { readonly claims: TrackingClaims; readonly failure: null | "token_expired" }
  | { readonly claims: null; readonly failure: Exclude<TokenFailure, "token_expired"> };

/** `key` as `importHmacKey` makes it of the Worker's secret. */
export function signTrackingToken(claims: TrackingClaims, key: CryptoKey): Promise<string> {
  return signText(encodeTextBase64Url(JSON.stringify(claims)), key);
}

/** Reads a token at `nowMs`, for an event of a kind. Nothing of it is looked at before its signature holds. */
export async function openTrackingToken(token: string, kind: TrackingKind, key: CryptoKey, nowMs: number): Promise<OpenedToken> {
  const { body, failure } = await openText(token, key);
  if (failure) return { claims: null, failure: `token_${failure}` };
  const json = parseJson(decodeTextBase64Url(body) ?? "");
  const { success, output } = v.safeParse(TrackingClaims, json);
  if (success) return { claims: output, failure: nowMs < endOf(kind, output) ? null : "token_expired" };
  const isOtherVersion = typeof json === "object" && json !== null && "v" in json && json.v !== TOKEN_VERSION;
  return { claims: null, failure: isOtherVersion ? "token_version_unknown" : "token_malformed" };
}

function endOf(kind: TrackingKind, { issuedMs, expiresMs }: TrackingClaims): number {
  if (kind === "click") return expiresMs;
  return issuedMs + (kind === "impression" ? IMPRESSION_LIFETIME_MS : CONVERSION_LIFETIME_MS);
}

/** What we signed as a token is JSON; under the same secret other texts may be signed, which are none. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
