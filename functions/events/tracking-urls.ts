// The URLs that tell us what happened to a chosen creative: signed, so that nobody can tell us anything else.
import { signTrackingToken, type TrackingPayload } from "./tracking-token.ts";

/** How long after the decision an impression or a click still counts. */
export const TRACKING_LIFETIME_MS = 24 * 3600 * 1000;

export interface TrackedChoice {
  readonly decisionId: string;
  readonly placementId: string;
  readonly creativeId: string;
  readonly landingUrl: string;
  readonly decidedMs: number;
}

/** `origin` without a slash at the end. */
export async function createTrackingUrls(
  { landingUrl, decidedMs, ...ids }: TrackedChoice,
  origin: string,
  key: CryptoKey,
): Promise<{ impressionUrl: string; clickUrl: string }> {
  const claims = { v: 1, ...ids, issuedMs: decidedMs, expiresMs: decidedMs + TRACKING_LIFETIME_MS } as const;
  const sign = async (payload: TrackingPayload) => `${origin}/v1/track/${payload.kind}/${await signTrackingToken(payload, key)}`;
  const [impressionUrl, clickUrl] = await Promise.all([
    sign({ ...claims, kind: "impression" }),
    sign({ ...claims, kind: "click", landingUrl }),
  ]);
  return { impressionUrl, clickUrl };
}
