// Event lines for the tests of the join, from the short form of test/vectors/event-join.json.
import { parse } from "../../../shared/schemas/coded-error.ts";
import {
  type DecidedPlacement,
  type DecidedSlot,
  type DecisionEvent,
  EMPTY_STATE,
} from "../../../shared/schemas/decision-record.ts";
import { type ConversionEvent, decisionEventId, Event, outcomeEventId } from "../../../shared/schemas/events.ts";
import { packNumbers } from "../../../shared/schemas/packed-numbers.ts";

export const EPOCH_MS = 1_700_000_000_000;

/** Type, decision and time after `EPOCH_MS`; or "raw" and a line. */
export type ShortEvent = readonly (string | number)[];

/** A decision in placement "top" between two creatives: "blue" was chosen, and has the features that the event log keeps. */
export function decisionAt(decisionId: string, offsetMs: number, changes: Partial<DecidedPlacement> = {}): DecisionEvent {
  return {
    type: "decision",
    id: decisionEventId(decisionId),
    timeMs: EPOCH_MS + offsetMs,
    decisionId,
    request: { features: {}, placements: [{ id: "top", count: 1 }] },
    state: EMPTY_STATE,
    seed: 1,
    catalogVersion: null,
    model: null,
    conversionModel: null,
    assignments: [],
    placements: [
      {
        placementId: "top",
        features: { page: decisionId, color: "of the page" },
        dropped: [],
        fallback: null,
        noServe: null,
        tiers: [{ tierId: null, policy: { name: "random" }, creativeIds: ["red", "blue"], logits: null }],
        slots: [SLOT],
        ...changes,
      },
    ],
  };
}

const SLOT: DecidedSlot = {
  creativeId: "blue",
  tierIndex: 0,
  propensity: 0.25,
  propensities: packNumbers(Float64Array.of(0.75, 0.25)),
  seed: 1,
  logit: null,
  probability: null,
  valueMicros: null,
  price: null,
  minimumToWinMicros: null,
  heldMicros: 0,
  score: null,
  features: { creativeId: "blue", color: "of the ad" },
};

export function outcomeAt(type: "impression" | "click" | "conversion", decisionId: string, offsetMs: number): Event {
  const base = {
    id: outcomeEventId(decisionId, "top", 0, type),
    timeMs: EPOCH_MS + offsetMs,
    decisionId,
    placementId: "top",
    slot: 0,
  };
  return type === "conversion" ? ({ type, ...base } satisfies ConversionEvent) : { type, ...base, creativeId: "blue" };
}

export function toLine([kind, text, offset]: ShortEvent): string {
  if (kind === "raw") return String(text);
  return JSON.stringify(parse(Event, toEvent(String(kind), String(text), Number(offset))));
}

function toEvent(kind: string, decisionId: string, offsetMs: number): Event {
  if (kind === "decision") return decisionAt(decisionId, offsetMs);
  if (kind === "no-serve") return decisionAt(decisionId, offsetMs, { tiers: [], slots: [], noServe: "no_candidates" });
  if (kind === "trimmed") {
    const { features: _, ...slot } = SLOT;
    return decisionAt(decisionId, offsetMs, { features: {}, tiers: [], slots: [slot] });
  }
  if (kind === "impression" || kind === "click" || kind === "conversion") return outcomeAt(kind, decisionId, offsetMs);
  throw new Error(`no such event: ${kind}`);
}
