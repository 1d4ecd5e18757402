// Writes an event as the line that fits into one queue message. The event itself is never given up, only what it can be replayed without.
import { type DecidedSlot, type DecisionEvent, EMPTY_STATE } from "../../shared/schemas/decision-record.ts";
import type { DecisionRequest } from "../../shared/schemas/decisions.ts";
import type { Event } from "../../shared/schemas/events.ts";

/** What was left out of a decision's record that was too big, one after the other until it fits. */
export type TrimReason = "candidates_of_request" | "other_candidates" | "state" | "all_features";

/** An event as it is sent: one line of JSON, and its size in UTF-8. */
export interface EventLine {
  readonly line: string;
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
  ["state", (event) => ({ ...event, state: EMPTY_STATE })],
  [
    "all_features",
    (event) => ({
      ...event,
      request: { placements: event.request.placements.map(({ id, count }) => ({ id, count })), features: {} },
      placements: event.placements.map((one) => ({ ...one, features: {}, slots: one.slots.map(withoutFeatures) })),
    }),
  ],
];

/** The event's line, smaller where it has to be. `onTrim` is told each step that was taken. */
export function fitEvent(event: Event, maxSizeBytes: number, onTrim: (reason: TrimReason) => void): EventLine {
  let fitted = event;
  let written = writeLine(fitted);
  for (const [reason, trim] of TRIMS) {
    if (written.sizeBytes <= maxSizeBytes || fitted.type !== "decision") return written;
    onTrim(reason);
    fitted = trim(fitted);
    written = writeLine(fitted);
  }
  return written;
}

const withoutCandidates = (request: DecisionRequest): DecisionRequest => ({
  ...request,
  placements: request.placements.map(({ candidates: _, ...placement }) => placement),
});

const keepChosen = (slot: DecidedSlot): DecidedSlot => ({ ...slot, propensities: "" });

const withoutFeatures = ({ features: _, ...slot }: DecidedSlot): DecidedSlot => slot;

const utf8 = new TextEncoder();

/** Where lines are measured: encoding into what is there takes half as long. What has no room here is too long for any message. */
const scratch = new Uint8Array(128_000);

function writeLine(event: Event): EventLine {
  const line = JSON.stringify(event);
  const { read, written } = utf8.encodeInto(line, scratch);
  return { line, sizeBytes: read === line.length ? written : Number.POSITIVE_INFINITY };
}
