// Event lines for the tests of the join, from the short form of test/vectors/event-join.json.
import { parse } from "../../../shared/schemas/coded-error.ts";
import { type ConversionEvent, type DecisionEvent, Event, outcomeEventId } from "../../../shared/schemas/events.ts";

export const EPOCH_MS = 1_700_000_000_000;

/** Type, decision and time after `EPOCH_MS`; or "raw" and a line. */
export type ShortEvent = readonly (string | number)[];

/** A decision in placement "top" between two creatives: "blue" was chosen, and has the features that the event log keeps. */
export function decisionAt(decisionId: string, offsetMs: number, overrides: Partial<DecisionEvent> = {}): DecisionEvent {
  return {
    type: "decision",
    id: outcomeEventId(decisionId, "top", 0, "decision"),
    timeMs: EPOCH_MS + offsetMs,
    decisionId,
    placementId: "top",
    subjectId: null,
    features: { page: decisionId, color: "of the page" },
    candidates: [
      { creativeId: "red", logit: 0.2, probability: 0.5, propensity: 0.75 },
      {
        creativeId: "blue",
        logit: 0.1,
        probability: 0.4,
        propensity: 0.25,
        features: { creativeId: "blue", color: "of the ad" },
      },
    ],
    dropped: [],
    chosenId: "blue",
    propensity: 0.25,
    policy: { name: "random" },
    fallback: null,
    noServe: null,
    model: null,
    catalogVersion: null,
    assignments: [],
    seed: 1,
    ...overrides,
  };
}

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
  if (kind === "no-serve") {
    return decisionAt(decisionId, offsetMs, { chosenId: null, propensity: null, candidates: [], noServe: "no_candidates" });
  }
  if (kind === "trimmed") {
    return decisionAt(decisionId, offsetMs, {
      candidates: [{ creativeId: "blue", logit: 0.1, probability: 0.4, propensity: 0.25 }],
    });
  }
  if (kind === "impression" || kind === "click" || kind === "conversion") return outcomeAt(kind, decisionId, offsetMs);
  throw new Error(`no such event: ${kind}`);
}
