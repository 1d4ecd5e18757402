// Makes an event fit into one queue message. The event itself is never given up, only what it can be replayed without.
import type { DecidedSlot, DecisionEvent } from "../../shared/schemas/decision-record.ts";
import type { DecisionRequest } from "../../shared/schemas/decisions.ts";
import type { Event } from "../../shared/schemas/events.ts";

/** What was left out of a decision's record that was too big, one after the other until it fits. */
export type TrimReason = "candidates_of_request" | "other_candidates" | "state" | "all_features";

export interface SizedEvent {
  readonly event: Event;
  /** Of its JSON in UTF-8. */
  readonly sizeBytes: number;
}

const TRIMS: readonly [TrimReason, (event: DecisionEvent) => DecisionEvent][] = [
  ["candidates_of_request", (event) => ({ ...event, request: withoutCandidates(event.request) })],
  [
    "other_candidates",
    (event) => ({
      ...event,
      placements: event.placements.map((one) => ({ ...one, tiers: [], slots: one.slots.map(keepChosen) })),
    }),
  ],
  ["state", (event) => ({ ...event, state: { caps: null, accounts: {} } })],
  [
    "all_features",
    (event) => ({
      ...event,
      request: { placements: event.request.placements.map(({ id, count }) => ({ id, count })), features: {} },
      placements: event.placements.map((one) => ({ ...one, features: {}, slots: one.slots.map(withoutFeatures) })),
    }),
  ],
];

/** The event, smaller where it has to be. `onTrim` is told each step that was taken. */
export function fitEvent(event: Event, maxSizeBytes: number, onTrim: (reason: TrimReason) => void): SizedEvent {
  let sized = measure(event);
  for (const [reason, trim] of TRIMS) {
    if (sized.sizeBytes <= maxSizeBytes || sized.event.type !== "decision") return sized;
    onTrim(reason);
    sized = measure(trim(sized.event));
  }
  return sized;
}

const withoutCandidates = (request: DecisionRequest): DecisionRequest => ({
  ...request,
  placements: request.placements.map(({ candidates: _, ...placement }) => placement),
});

const keepChosen = (slot: DecidedSlot): DecidedSlot => ({ ...slot, propensities: "" });

const withoutFeatures = (slot: DecidedSlot): DecidedSlot => ({ ...slot, features: {} });

function measure(event: Event): SizedEvent {
  return { event, sizeBytes: new TextEncoder().encode(JSON.stringify(event)).byteLength };
}
