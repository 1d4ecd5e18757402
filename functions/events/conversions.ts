// Conversions as they are sent -> events: what a token of a click says of them, or else what the sender says.
import { CodedError } from "../../shared/schemas/coded-error.ts";
import type { ConversionEvent, SentConversion } from "../../shared/schemas/events.ts";
import { openTrackingToken, type TrackingClaims } from "./tracking-token.ts";

/** `claims` are null where nobody can be charged: without a token (`late` is false), or long after the click. */
export interface ReadConversion {
  readonly event: ConversionEvent;
  readonly claims: TrackingClaims | null;
  readonly late: boolean;
}

/** Where there is a token, it says which decision, placement and slot. Throws `CodedError`: `token_forged` and its like, `invalid_type`. */
export async function readConversion(
  { token, decisionId, placementId, ...sent }: SentConversion,
  path: string,
  key: CryptoKey,
  nowMs: number,
): Promise<ReadConversion> {
  if (token === undefined) {
    const event = {
      ...sent,
      decisionId: demand(decisionId, `${path}.decisionId`),
      placementId: demand(placementId, `${path}.placementId`),
    };
    return { event, claims: null, late: false };
  }
  const { claims, failure } = await openTrackingToken(token, "conversion", key, nowMs);
  if (!claims)
    throw new CodedError(failure, `${path}.token`, "no token of a click that we signed; send what {clickToken} gave, as it is");
  const event = { ...sent, decisionId: claims.decisionId, placementId: claims.placementId, slot: claims.slot };
  return failure ? { event, claims: null, late: true } : { event, claims, late: false };
}

function demand(id: string | undefined, path: string): string {
  if (id !== undefined) return id;
  throw new CodedError("invalid_type", path, "missing; or send the token of the click instead");
}
