// The URLs that tell us what happened to a shown creative: signed, so that nobody can tell us anything else.
import { CLICK_LIFETIME_MS, signTrackingToken, type TrackingClaims } from "./tracking-token.ts";

/** What is known of a creative that is about to be shown: see `TrackingClaims`. */
export interface TrackedChoice extends Omit<TrackingClaims, "v" | "issuedMs" | "expiresMs"> {
  readonly decidedMs: number;
}

/** One token for both, which is a signature less. `origin` without a slash at the end. */
export async function createTrackingUrls(
  choice: TrackedChoice,
  origin: string,
  key: CryptoKey,
): Promise<{ impressionUrl: string; clickUrl: string }> {
  const token = await signTrackingToken(toClaims(choice), key);
  return { impressionUrl: `${origin}/v1/track/impression/${token}`, clickUrl: `${origin}/v1/track/click/${token}` };
}

/** Field by field: to leave one out of a spread takes half as long as to write all of them as JSON. */
function toClaims(choice: TrackedChoice): TrackingClaims {
  const { decisionId, placementId, slot, creativeId, campaignId, price, leases, landingUrl, decidedMs } = choice;
  const shown = { decisionId, placementId, slot, creativeId, campaignId, price, leases, landingUrl };
  return { v: 2, ...shown, issuedMs: decidedMs, expiresMs: decidedMs + CLICK_LIFETIME_MS };
}
