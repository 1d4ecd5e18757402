// Events for the tests of this folder.
import { type DecisionEvent, EMPTY_STATE } from "../../../shared/schemas/decision-record.ts";
import type { ConversionEvent } from "../../../shared/schemas/events.ts";
import { packNumbers } from "../../../shared/schemas/packed-numbers.ts";

export const conversion = (index: number): ConversionEvent => ({
  type: "conversion",
  id: `order-${index}`,
  timeMs: 1_700_000_000_000 + index,
  decisionId: `d-${index}`,
  placementId: "top",
  slot: 0,
});

/**
 * A decision whose request brought `count` candidates with features of about `featureBytes` each, of which the first is chosen; `state`
 * and `features` that are as large can be added.
 */
export function decision(count: number, featureBytes: number): DecisionEvent {
  const features = { text: "x".repeat(featureBytes) };
  const ids = Array.from({ length: count }, (_, index) => `creative-${index}`);
  const candidates = ids.map((id) => ({ id, landingUrl: "https://shop.example", features }));
  const slot = {
    creativeId: "creative-0",
    tierIndex: 0,
    propensity: 1 / count,
    propensities: packNumbers(new Float64Array(count).fill(1 / count)),
    seed: 7,
    logit: 0.5,
    probability: 0.1,
    valueMicros: null,
    price: null,
    minimumToWinMicros: null,
    heldMicros: 0,
    score: null,
    features,
  };
  const tier = { tierId: null, policy: { name: "random" } as const, creativeIds: ids, logits: null };
  return {
    type: "decision",
    id: "d-1.decision",
    timeMs: 1_700_000_000_000,
    decisionId: "d-1",
    request: { features: { page: "news" }, placements: [{ id: "top", count: 1, candidates }] },
    state: EMPTY_STATE,
    seed: 7,
    catalogVersion: null,
    model: null,
    conversionModel: null,
    assignments: [],
    placements: [
      {
        placementId: "top",
        features: { page: "news" },
        dropped: [{ reason: "flight_ended", count: 1 }],
        fallback: null,
        noServe: null,
        tiers: [tier],
        slots: [slot],
      },
    ],
  };
}
