// The promotion gate: whether a challenger may take the champion's place, on the same newest examples, as both would be served.

export type PromotionReason = "no_worse_than_champion" | "better_than_base_rate";
export type PromotionRefusal = "worse_than_champion" | "worse_than_base_rate";

export type Promotion =
  | { readonly promote: true; readonly reason: PromotionReason }
  | { readonly promote: false; readonly reason: PromotionRefusal };

export interface Contest {
  /** Calibrated logloss on the newest window. */
  readonly challengerLogloss: number;
  /** Null where nothing is published on the channel yet. */
  readonly championLogloss: number | null;
  /** Of always saying how often the label is 1 in that window: what knowing nothing else is worth. */
  readonly baseRateLogloss: number;
}

/** The challenger wins a draw: it has learned from newer data. */
export function decidePromotion({ challengerLogloss, championLogloss, baseRateLogloss }: Contest): Promotion {
  if (championLogloss !== null) {
    return challengerLogloss <= championLogloss
      ? { promote: true, reason: "no_worse_than_champion" }
      : { promote: false, reason: "worse_than_champion" };
  }
  return challengerLogloss < baseRateLogloss
    ? { promote: true, reason: "better_than_base_rate" }
    : { promote: false, reason: "worse_than_base_rate" };
}

/** Logloss of the constant `positives / examples`, in nats; both labels must occur. */
export function baseRateLogloss({ examples, positives }: { readonly examples: number; readonly positives: number }): number {
  const rate = positives / examples;
  return -rate * Math.log(rate) - (1 - rate) * Math.log(1 - rate);
}
