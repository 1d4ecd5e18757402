// THE story of an answer: who may be shown -> what the moment says -> the decision, committed -> what the caller sees; the rest behind it.

import type { SeenViews } from "../../shared/catalog/views-left.ts";
import { CodedError } from "../../shared/schemas/coded-error.ts";
import type { DecisionResponse } from "../../shared/schemas/decisions.ts";
import type { Explanation } from "../../shared/schemas/explanation.ts";
import type { WaitUntil } from "../catalog/snapshot.ts";
import { type Decision, type DecisionInput, decide, type Shortlist, shortlist } from "../decision/decide.ts";
import { explainDecision } from "../decision/explain-decision.ts";
import type { RecordEvent } from "../events/sink.ts";
import type { Receipt } from "../ledger/lease-holder.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import { prepareState, readState, type StateDependencies } from "./decision-state.ts";
import { type PresentDependencies, presentDecision } from "./present-decision.ts";

export interface AnswerDependencies extends StateDependencies, PresentDependencies {
  readonly recordDecision: RecordEvent;
  readonly nowMs: () => number;
  readonly metrics: Metrics;
}

export interface Moment {
  readonly catalogSequence: number;
  /** When the request's own time is over; null where it names none. */
  readonly untilMs: number | null;
  readonly requestOrigin: string;
}

/** Empty where the fault is ours: it is reported and counted. Throws `CodedError` where it is the request's. */
export async function answerDecision(
  input: DecisionInput,
  { catalogSequence, untilMs, requestOrigin }: Moment,
  dependencies: AnswerDependencies,
  waitUntil: WaitUntil,
): Promise<DecisionResponse> {
  const listed = listCandidates(input, dependencies);
  if (!listed) return leaveEmpty(input);
  const caps = await prepareState(input, listed.needs, catalogSequence, untilMs, dependencies, waitUntil);
  const made = decideAndCommit(input, listed, caps, dependencies); // nothing is awaited inside
  const presented = made && present(input, listed, made, requestOrigin, dependencies);
  waitUntil(followUp(input, made, presented, caps, dependencies));
  return (await presented) ?? leaveEmpty(input);
}

function listCandidates(input: DecisionInput, dependencies: AnswerDependencies): Shortlist | null {
  try {
    return shortlist(input);
  } catch (error) {
    if (error instanceof CodedError) throw error;
    return blameUs(error, input, dependencies);
  }
}

interface Made {
  readonly decision: Decision;
  /** In the order of the slots' spends. */
  readonly receipts: readonly Receipt[];
}

function decideAndCommit(
  input: DecisionInput,
  listed: Shortlist,
  caps: SeenViews | null,
  dependencies: AnswerDependencies,
): Made | null {
  const { ledger, metrics, nowMs } = dependencies;
  try {
    const readMs = nowMs(); // for both: a lease that ends in between was there when it was read
    const decision = decide(input, listed, readState(listed.needs, caps, ledger, readMs));
    const spends = decision.placements.flatMap(({ slots }) => slots.flatMap((slot) => slot.spends));
    const receipts = ledger.commit(spends, decision.opportunities, readMs);
    countDecision(decision, metrics);
    return { decision, receipts };
  } catch (error) {
    return blameUs(error, input, dependencies);
  }
}

async function present(
  input: DecisionInput,
  listed: Shortlist,
  { decision, receipts }: Made,
  requestOrigin: string,
  dependencies: AnswerDependencies,
): Promise<DecisionResponse | null> {
  try {
    const response = await presentDecision(input, decision, receipts, requestOrigin, dependencies);
    return input.explain ? addExplanations(response, explainDecision(input, listed, decision)) : response;
  } catch (error) {
    return blameUs(error, input, dependencies);
  }
}

function blameUs(error: unknown, { request }: DecisionInput, { metrics }: AnswerDependencies): null {
  reportError(error);
  for (const _ of request.placements) metrics.noServes.add({ reason: "internal" });
  return null;
}

/**
 * Behind the response: what was shown of what was held, reports to the ledgers, the record. None fails another. What was decided and
 * could not be presented was not shown: nobody has seen it, and there is no record.
 */
async function followUp(
  { request, decisionId }: DecisionInput,
  made: Made | null,
  presented: Promise<DecisionResponse | null> | null,
  caps: SeenViews | null,
  dependencies: AnswerDependencies,
): Promise<void> {
  const { frequency, ledger } = dependencies;
  const { subjectId } = request;
  const shown = (await presented) && made?.decision;
  await Promise.all([
    caps && subjectId !== undefined && frequency.settle(subjectId, decisionId, shown?.views ?? []),
    ledger.flush(),
    shown && dependencies.recordDecision(shown.event),
  ]);
}

function addExplanations(response: DecisionResponse, explanations: readonly Explanation[]): DecisionResponse {
  const placements = response.placements.map((placement, at) => ({ ...placement, explanation: explanations[at] as Explanation })); // one each
  return { ...response, placements };
}

function leaveEmpty({ decisionId, request }: DecisionInput): DecisionResponse {
  const placements = request.placements.map(({ id }) => {
    return { placementId: id, creatives: [], fallback: null, noServe: "internal" as const };
  });
  return { decisionId, placements, modelVersion: null, assignments: [] };
}

function countDecision({ placements }: Decision, metrics: Metrics): void {
  for (const { slots, noServe, fallback, counts } of placements) {
    metrics.decisions.add({ outcome: slots.length === 0 ? "no_serve" : fallback ? "fallback" : "model" });
    if (noServe) metrics.noServes.add({ reason: noServe });
    if (fallback) metrics.fallbacks.add({ reason: fallback });
    for (const [reason, count] of counts) metrics.drops.add({ reason }, count);
  }
}
