// The context that the model sees: where the ad is shown, who looks, and when.
import type { Placement } from "../../shared/catalog/supply.ts";
import type { Features } from "../../shared/schemas/features.ts";

/** The placement's features, over them the request's, over both the time's: `hour` 0..23 and `weekday` 0 (Sunday) .. 6, in UTC. */
export function buildContext(placement: Placement | null, requested: Features, nowMs: number): Features {
  const time = new Date(nowMs);
  return { ...placement?.features, ...requested, hour: time.getUTCHours(), weekday: time.getUTCDay() };
}
