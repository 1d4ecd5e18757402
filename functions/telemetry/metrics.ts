// Every metric that the Worker has, declared once. Each isolate counts for itself; a scrape sees the isolate that answers it.
import { Registry } from "./registry.ts";

/** Upper limits of the buckets of a request's duration. The clock stands still during compute in production: what is seen is waiting. */
const DURATION_BOUNDS_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];

export function createMetrics() {
  const registry = new Registry();
  return {
    decisions: registry.counter(
      "selvedge_decisions_total",
      "Placements decided, by outcome: chosen by the model's policy, by the fallback, or nothing served.",
      ["outcome"],
    ),
    fallbacks: registry.counter(
      "selvedge_fallbacks_total",
      "Placements and predictions where the model did not answer, by reason.",
      ["reason"],
    ),
    drops: registry.counter("selvedge_dropped_candidates_total", "Candidates that were not considered, by reason.", ["reason"]),
    noServes: registry.counter("selvedge_no_serves_total", "Placements where nothing was chosen, by reason.", ["reason"]),
    predictions: registry.counter("selvedge_predictions_total", "Examples in answered prediction requests.", []),
    assignments: registry.counter("selvedge_assignments_total", "Answered assignment requests.", []),
    problems: registry.counter("selvedge_problems_total", "Requests refused, by the code of the problem.", ["code"]),
    loadFailures: registry.counter(
      "selvedge_load_failures_total",
      "Failed loads of a model or of the catalog, by name, channel and reason.",
      ["name", "channel", "reason"],
    ),
    modelInfo: registry.gauge("selvedge_model_info", "1 for each loaded model or catalog, with its version.", [
      "name",
      "channel",
      "version",
    ]),
    modelSequence: registry.gauge("selvedge_model_sequence", "Sequence number of the channel pointer that is served.", [
      "name",
      "channel",
    ]),
    requestDuration: registry.histogram(
      "selvedge_request_duration_seconds",
      "Time to answer a request, by route and status class, in seconds.",
      ["route", "status"],
      DURATION_BOUNDS_SECONDS,
    ),
    eventsAccepted: registry.counter("selvedge_events_accepted_total", "Events handed to the queue, by type.", ["type"]),
    eventsLost: registry.counter("selvedge_events_lost_total", "Events that could not be handed on, by reason.", ["reason"]),
    eventsTrimmed: registry.counter(
      "selvedge_events_trimmed_total",
      "Decision events that were too big for a message, by what was left out of them.",
      ["reason"],
    ),
    eventsConsumed: registry.counter(
      "selvedge_events_consumed_total",
      "Events that the queue handed to the consumer, by outcome: stored, already_stored, rejected (set aside) or retried.",
      ["outcome", "reason"],
    ),
    scoreParts: registry.counter(
      "selvedge_score_parts_total",
      "Records of decisions that were to get the parts of their scores, by outcome: added, not_scored, model_replaced, no_model or failed.",
      ["outcome"],
    ),
    ...declareLedger(registry),
    ...declareReaders(registry),
    render: () => registry.render(),
  };
}

/** Of the edge's business with the campaigns' ledgers. */
function declareLedger(registry: Registry) {
  return {
    leases: registry.counter(
      "selvedge_leases_total",
      "Leases of budgets and goals that this isolate asked for, by outcome: granted, why not, or failed where the ledger did not answer.",
      ["outcome"],
    ),
    doubtedLeases: registry.counter(
      "selvedge_doubted_leases_total",
      "Leases that were settled by what their impressions proved, because their isolates never came back.",
      [],
    ),
    charges: registry.counter(
      "selvedge_charges_total",
      "Clicks and conversions that were to be paid, by outcome: billed, partly_billed, outcome_unbilled, duplicate or campaign_unknown.",
      ["outcome"],
    ),
  };
}

/** Of what readers do with ads, and of how often they may see them. */
function declareReaders(registry: Registry) {
  return {
    trackingRefusals: registry.counter(
      "selvedge_tracking_refusals_total",
      "Impressions and clicks that count for nothing, and conversions that nobody is charged for, by kind and reason.",
      ["kind", "reason"],
    ),
    frequencyHolds: registry.counter(
      "selvedge_frequency_holds_total",
      "Requests that asked for views of their subject, by outcome: answered, late (after the deadline) or failed.",
      ["outcome"],
    ),
    frequencySettles: registry.counter(
      "selvedge_frequency_settles_total",
      "Reports of what was shown of held views, by outcome: settled, or failed (the hold then lapses into views).",
      ["outcome"],
    ),
  };
}

export type Metrics = ReturnType<typeof createMetrics>;
