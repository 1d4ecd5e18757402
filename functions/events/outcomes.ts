// What happened to a shown creative, once its token has told us: recorded and billed behind the response.
import type { ClickEvent, ConversionEvent, ImpressionEvent } from "../../shared/schemas/events.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import type { EventLoss, EventSink } from "./sink.ts";
import type { TrackingClaims } from "./tracking-token.ts";

/** `claims` are authentic and in time. The same outcome may come again: it is the same where `event.id` is. */
export interface Outcome {
  readonly claims: TrackingClaims;
  readonly event: ImpressionEvent | ClickEvent | ConversionEvent;
}

/** Charges what an outcome costs, once for each event id. */
export type BillOutcome = (outcome: Outcome) => Promise<void>;

export interface OutcomeDependencies {
  readonly sink: EventSink;
  readonly metrics: Pick<Metrics, "eventsAccepted" | "eventsLost">;
  readonly billOutcome: BillOutcome;
}

/** Neither waits for the other, nor fails with it. */
export async function settleOutcome(outcome: Outcome, dependencies: OutcomeDependencies): Promise<void> {
  await Promise.all([recordSafely(outcome, dependencies), billSafely(outcome, dependencies)]);
}

/** What cannot be recorded is reported and counted, and takes nothing from the reader. */
async function recordSafely({ event }: Outcome, { sink, metrics }: OutcomeDependencies): Promise<void> {
  try {
    await sink.write([event]);
    metrics.eventsAccepted.add({ type: event.type });
  } catch (error) {
    reportError(error);
    const reason: EventLoss = "sink_failed";
    metrics.eventsLost.add({ reason });
  }
}

/** A bill that fails is reported, and takes nothing from the reader. */
export async function billSafely(outcome: Outcome, { billOutcome }: Pick<OutcomeDependencies, "billOutcome">): Promise<void> {
  try {
    await billOutcome(outcome);
  } catch (error) {
    reportError(error);
  }
}
