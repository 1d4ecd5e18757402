// Load before anything is measured, until more of it makes nothing faster: V8 compiles what is hot again for seconds, and caches fill.
import type { LoadClient } from "./load-client.ts";
import { measureOnce, type Target } from "./measure.ts";

const SLICE_SECONDS = 0.75;

/** Slices without a new best rate after which a target is warm, and by how much a best must be better than the one before. */
const QUIET_SLICES = 3;
const NOTABLE_GAIN = 0.03;

/** For `mostSeconds` at most: on a busy machine nothing is steady. */
export async function warmUp(client: LoadClient, target: Target, connectionCount: number, mostSeconds: number): Promise<void> {
  const rates: number[] = [];
  while (!isSteady(rates) && rates.length * SLICE_SECONDS < mostSeconds) {
    const { perSecond } = await measureOnce(client, target, { connectionCount, seconds: SLICE_SECONDS });
    rates.push(perSecond);
  }
}

/** Of throughput in slices of time, oldest first: whether the last few brought no rate that is notably better than all before it. */
export function isSteady(rates: readonly number[]): boolean {
  let [best, bestAt] = [0, -1];
  for (const [at, rate] of rates.entries()) {
    if (rate > best * (1 + NOTABLE_GAIN)) bestAt = at;
    best = Math.max(best, rate);
  }
  return bestAt !== -1 && rates.length - 1 - bestAt >= QUIET_SLICES;
}
