// What `?explain=true` adds to a response: why this creative, why not the others, placement by placement.
import type { DecisionResponse } from "../../shared/schemas/decisions.ts";
import { type Attribution, attribute } from "../../shared/scoring/attribution.ts";
import type { Decision, DecisionInput, Shortlist } from "../decision/decide.ts";
import { explain } from "../decision/explain.ts";
import { findBidToOutrank } from "../decision/pricing.ts";
import type { PlacementFacts, SlotFacts } from "../decision/record.ts";
import type { EdgeModel } from "../model/model.ts";

/** The input must have asked for its drops by name. */
export function explainDecision(
  response: DecisionResponse,
  input: DecisionInput,
  listed: Shortlist,
  { placements, event, assignments }: Decision,
): DecisionResponse {
  const channel = event.model?.channel ?? "stable";
  const model = input.models.get(channel)?.value ?? null;
  const explained = response.placements.map((presented, at) => {
    const facts = placements[at];
    const shortlisted = listed.placements[at];
    if (!facts || !shortlisted) return presented;
    const { supply, drops } = shortlisted;
    const explanation = explain({
      facts,
      considered: supply.candidates.length,
      dropped: [...(drops ?? []), ...facts.dropped],
      assignments,
      seed: input.seed,
      attribute: (slot) => attributeSlot(model, facts, slot),
      findBid: (loser, first) => findBidToOutrank(loser, first, supply.floorMicros),
    });
    return { ...presented, explanation };
  });
  return { ...response, placements: explained };
}

/** The logit as it was served, in parts. Slow beside scoring, so that only who asks waits for it. */
function attributeSlot(model: EdgeModel | null, { context }: PlacementFacts, { chosen, logit }: SlotFacts): Attribution | null {
  if (!model || logit === null) return null;
  const { encoder, bags, served } = model;
  bags.context.clear();
  bags.candidate.clear();
  encoder.context.encode(context, bags.context);
  if (encoder.candidate.fieldCount > 0) encoder.candidate.encode(chosen.candidate.features, bags.candidate, context);
  return attribute(served, bags.context.view(), bags.candidate.view(), logit);
}
