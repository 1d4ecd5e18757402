// One placement's auction from candidates to charges, put together from the stages as decide.ts does.
import { type Charge, priceWinner } from "../../../functions/decision/pricing.ts";
import { type Bidder, type Probabilities, type Ranked, rankCandidates } from "../../../functions/decision/ranking.ts";
import type { Auction } from "../../../shared/catalog/catalog.ts";
import type { Price } from "../../../shared/catalog/demand.ts";
import type { Policy } from "../../../shared/catalog/policy.ts";
import { distribute } from "../../../shared/policies/distribute.ts";
import { drawSlots, type SlotDraw } from "../../../shared/policies/slots.ts";

export interface AuctionInput {
  readonly candidates: readonly Bidder[];
  readonly probabilities: Probabilities;
  readonly policy: Policy;
  readonly slotCount: number;
  readonly pricing: Auction["pricing"];
  readonly floorMicros: number;
  readonly qualityExponent: number;
  readonly uniformAt: (slot: number) => number;
}

export interface Won {
  readonly winner: Ranked;
  readonly next: Ranked | null;
  readonly draw: SlotDraw;
  readonly charge: Charge | null;
}

export const bidder = (creativeId: string, model: Price["model"], bidMicros: number): Bidder => ({
  creativeId,
  supply: { price: { model, bidMicros } },
});

export function runAuction(input: AuctionInput): Won[] {
  const { ranked } = rankCandidates(input.candidates, input.probabilities, input);
  const arms = { values: ranked.map(({ rankScore }) => rankScore), newcomers: null, draws: null };
  const draws = drawSlots(ranked.length, {
    slotCount: input.slotCount,
    distributeOver: (remaining) => distribute(input.policy, arms, remaining),
    uniformAt: input.uniformAt,
  });
  return draws.map((draw) => {
    const winner = ranked[draw.index]!;
    const next = ranked[draw.remaining[draw.position + 1] ?? -1] ?? null;
    return { winner, next, draw, charge: priceWinner(winner, next, input) };
  });
}
