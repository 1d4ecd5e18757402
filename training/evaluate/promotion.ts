// The promotion gate: whether a challenger may take the champion's place, on the same newest examples, as both would be served.
import type { Metrics } from "../../shared/artifact/manifest.ts";

export type PromotionReason = "no_worse_than_champion" | "better_than_base_rate" | "worse_than_champion" | "worse_than_base_rate";

export interface Promotion {
  readonly publish: boolean;
  readonly reason: PromotionReason;
  readonly detail: string;
}

/** Both models on the same newest examples. */
export interface Comparison {
  readonly challenger: Metrics;
  /** Null where nothing is published on the channel yet. */
  readonly champion: Metrics | null;
  /** Whether the champion may have learned from some of these examples, which would flatter it. */
  readonly championSawExamples: boolean;
  /** Logloss of always saying how often the label is 1 among them: what knowing nothing else is worth. */
  readonly baseRateLogloss: number;
}

/** Compares calibrated logloss. The challenger wins a draw: it has learned from newer data. */
export function decidePromotion({ challenger, champion, baseRateLogloss }: Comparison): Promotion {
  const against = (name: string, logloss: number) =>
    `logloss ${challenger.logloss.toFixed(5)} against the ${name}'s ${logloss.toFixed(5)}, on the newest ${challenger.examples} examples`;
  if (champion) {
    const publish = challenger.logloss <= champion.logloss;
    const reason = publish ? "no_worse_than_champion" : "worse_than_champion";
    return { publish, reason, detail: against("champion", champion.logloss) };
  }
  const publish = challenger.logloss < baseRateLogloss;
  const reason = publish ? "better_than_base_rate" : "worse_than_base_rate";
  return { publish, reason, detail: against("base rate", baseRateLogloss) };
}

/** Logloss of the constant `positives / examples`, in nats; both labels must occur. */
export function baseRateLogloss({ examples, positives }: { readonly examples: number; readonly positives: number }): number {
  const rate = positives / examples;
  return -rate * Math.log(rate) - (1 - rate) * Math.log(1 - rate);
}
