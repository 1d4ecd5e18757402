// THE story of an explanation: a decision that was made, and for each of its placements why this creative, and why not the others.
import type { Explanation } from "../../shared/schemas/explanation.ts";
import type { Attribution } from "../../shared/scoring/attribution.ts";
import type { EdgeModel } from "../model/model.ts";
import { attributeExample } from "./attribute-example.ts";
import type { Decision, DecisionInput, Shortlist } from "./decide.ts";
import { explain } from "./explain.ts";
import { findBidToOutrank } from "./pricing.ts";
import type { PlacementFacts, SlotFacts } from "./record.ts";

/** One a placement, in order. The input must have asked for its drops by name. */
export function explainDecision(
  input: DecisionInput,
  listed: Shortlist,
  { placements, event, assignments }: Decision,
): Explanation[] {
  const model = input.models.get(event.model?.channel ?? "stable")?.value ?? null;
  return listed.placements.map(({ supply, drops }, at) => {
    const facts = placements[at] as PlacementFacts; // one each
    return explain({
      facts,
      considered: supply.candidates.length,
      dropped: [...(drops ?? []), ...facts.dropped],
      assignments,
      seed: input.seed,
      attribute: (slot) => attributeSlot(model, facts, slot),
      findBid: (loser, first) => findBidToOutrank(loser, first, supply.floorMicros),
    });
  });
}

/** Null where no model scored it. */
function attributeSlot(model: EdgeModel | null, { context }: PlacementFacts, { chosen, logit }: SlotFacts): Attribution | null {
  return model && logit !== null ? attributeExample(model, context, chosen.candidate.features, logit) : null;
}
