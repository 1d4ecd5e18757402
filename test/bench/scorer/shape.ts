// One model of the benchmark with a request for it: what Node makes, and what every engine inside workerd is prepared from.
import type { Tensor } from "../../../shared/artifact/safetensors.ts";
import type { FeatureMap } from "../../../shared/features/feature-map.ts";
import type { Architecture } from "../../../shared/scoring/architecture.ts";
import type { Calibration } from "../../../shared/scoring/calibration.ts";

/** What engines are prepared from: tensors, which travel as safetensors, and whatever else, which travels as JSON. */
export interface Subject {
  readonly name: string;
  readonly tensors: ReadonlyMap<string, Tensor>;
}

/** Most candidates of a request. */
export const MAX_CANDIDATES = 500;

/**
 * Every field is embedded and has one row. `rows` is [MAX_CANDIDATES][fields], in the map's order: context fields first, the same
 * in every candidate. `inputMaxima` holds the largest input that each dense layer saw on a sample, head included: what a peer
 * with static scales is calibrated by.
 */
export interface Shape extends Subject {
  readonly featureMap: FeatureMap;
  readonly architecture: Architecture;
  readonly calibration: Calibration;
  readonly rows: readonly (readonly number[])[];
  readonly inputMaxima: readonly number[];
}

/** Rows of the first `count` candidates, one after the other; [count * fields]. */
export function flatRows({ rows }: Shape, count: number): Int32Array {
  return Int32Array.from(rows.slice(0, count).flat());
}

/** Fields that are the request's, not the candidate's. */
export function contextFieldCount({ featureMap }: Shape): number {
  return featureMap.fields.filter(({ from }) => from === "context").length;
}
