// Makes an event fit into one queue message. The event itself is never given up, only what it can be replayed without.
import type { DecisionEvent, Event } from "../../shared/schemas/events.ts";

/** What was left out of a decision event that was too big, one after the other until it fits. */
export type TrimReason = "other_candidates_features" | "other_candidates" | "all_features";

export interface SizedEvent {
  readonly event: Event;
  /** Of its JSON in UTF-8. */
  readonly sizeBytes: number;
}

const TRIMS: readonly [TrimReason, (event: DecisionEvent) => DecisionEvent][] = [
  ["other_candidates_features", (event) => ({ ...event, candidates: event.candidates.map((one) => keepChosen(event, one)) })],
  [
    "other_candidates",
    (event) => ({ ...event, candidates: event.candidates.filter((one) => isChosen(event, one)), dropped: [] }),
  ],
  [
    "all_features",
    (event) => ({ ...event, features: {}, candidates: event.candidates.map(({ features: _, ...candidate }) => candidate) }),
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

type Candidate = DecisionEvent["candidates"][number];

const isChosen = (event: DecisionEvent, candidate: Candidate): boolean => candidate.creativeId === event.chosenId;

function keepChosen(event: DecisionEvent, candidate: Candidate): Candidate {
  const { features: _, ...rest } = candidate;
  return isChosen(event, candidate) ? candidate : rest;
}

function measure(event: Event): SizedEvent {
  return { event, sizeBytes: new TextEncoder().encode(JSON.stringify(event)).byteLength };
}
