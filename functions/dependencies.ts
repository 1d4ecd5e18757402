// What the routes stand on, put together once an isolate from its bindings.
import type { Bindings } from "./bindings.ts";
import { createMetrics, type Metrics } from "./telemetry/metrics.ts";

export interface Dependencies {
  readonly metrics: Metrics;
  readonly nowMs: () => number;
}

export function createDependencies(_bindings: Bindings): Dependencies {
  return { metrics: createMetrics(), nowMs: () => Date.now() };
}
