// The claims of a tracking token, for tests: of a click that costs 0.50 and leads to a shop.
import type { TrackingClaims } from "../../../functions/events/tracking-token.ts";

export const exampleClaims: TrackingClaims = {
  v: 2,
  decisionId: "d-1",
  placementId: "top",
  slot: 0,
  creativeId: "shoes",
  campaignId: "autumn",
  price: { model: "cpc", micros: 500_000 },
  leases: ["autumn.7"],
  landingUrl: "https://shop.example/shoes?a=1",
  issuedMs: 0,
  expiresMs: 86_400_000,
};
