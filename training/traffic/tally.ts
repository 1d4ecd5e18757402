// What a run of traffic adds up to: counts, expected clicks by the truth, latencies.

/** Why a request of the traffic counts for nothing. */
export type TrafficFailure =
  | "decision_failed"
  | "decision_malformed"
  | "creative_unknown"
  | "tracking_foreign"
  | "tracking_failed"
  | "conversion_failed";

/** One placement that was decided: the true click probabilities of what was served, of a random choice, of the best. */
export interface Expected {
  readonly served: number;
  readonly random: number;
  readonly best: number;
}

/** `served`, `random` and `best` are expected clicks, summed over `placementCount` served placements. */
export interface Tally {
  placementCount: number;
  impressionCount: number;
  clickCount: number;
  conversionCount: number;
  served: number;
  random: number;
  best: number;
  readonly latenciesMs: number[];
  readonly fallbacks: Map<string, number>;
  readonly noServes: Map<string, number>;
  readonly failures: Map<TrafficFailure, number>;
  readonly modelVersions: Map<string, number>;
  /** Ids of the events that the Worker has taken, and will write. */
  readonly eventIds: Set<string>;
}

export const createTally = (): Tally => ({
  placementCount: 0,
  impressionCount: 0,
  clickCount: 0,
  conversionCount: 0,
  served: 0,
  random: 0,
  best: 0,
  latenciesMs: [],
  fallbacks: new Map(),
  noServes: new Map(),
  failures: new Map(),
  modelVersions: new Map(),
  eventIds: new Set(),
});

export function count<Key>(counts: Map<Key, number>, key: Key): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

export function addExpected(tally: Tally, { served, random, best }: Expected): void {
  tally.placementCount++;
  tally.served += served;
  tally.random += random;
  tally.best += best;
}

/** The value below which `share` of the values lie (nearest rank); null of nothing. */
export function percentile(values: readonly number[], share: number): number | null {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? null;
}
