// Events for the tests of this folder.
import type { ConversionEvent, DecisionEvent } from "../../../shared/schemas/events.ts";

export const conversion = (index: number): ConversionEvent => ({
  type: "conversion",
  id: `order-${index}`,
  timeMs: 1_700_000_000_000 + index,
  decisionId: `d-${index}`,
  placementId: "top",
  slot: 0,
});

/** A decision between `count` candidates whose features take about `featureBytes` each; the first is chosen. */
export const decision = (count: number, featureBytes: number): DecisionEvent => ({
  type: "decision",
  id: "d-1.top.decision",
  timeMs: 1_700_000_000_000,
  decisionId: "d-1",
  placementId: "top",
  subjectId: null,
  features: { page: "news" },
  candidates: Array.from({ length: count }, (_, index) => ({
    creativeId: `creative-${index}`,
    logit: 0.5,
    probability: 0.1,
    propensity: 1 / count,
    features: { text: "x".repeat(featureBytes) },
  })),
  dropped: [{ creativeId: "old", reason: "flight_ended" }],
  chosenId: "creative-0",
  propensity: 1 / count,
  policy: { name: "random" },
  fallback: null,
  noServe: null,
  model: null,
  catalogVersion: null,
  assignments: [],
  seed: 7,
});
