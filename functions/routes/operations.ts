// GET /healthz and GET /metrics: for whoever runs the Worker.
import { Hono } from "hono/tiny";
import type { SnapshotSources } from "../catalog/snapshot.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import { listChannels } from "./models.ts";

export interface OperationDependencies extends SnapshotSources {
  readonly metrics: Metrics;
}

export function operationRoutes(dependencies: OperationDependencies) {
  const { metrics } = dependencies;
  return new Hono()
    .get("/healthz", (context) => context.json({ status: "ok" }))
    .get("/metrics", (context) => {
      gaugeChannels(dependencies);
      context.header("content-type", "text/plain; version=0.0.4; charset=utf-8");
      return context.body(metrics.render());
    });
}

/** Versions come and go, so these gauges are set anew at each scrape. */
function gaugeChannels({ metrics, ...sources }: OperationDependencies): void {
  metrics.modelInfo.clear();
  metrics.modelSequence.clear();
  for (const { name, channel, version, sequence } of listChannels(sources)) {
    if (version === null || sequence === null) continue;
    metrics.modelInfo.set({ name, channel, version }, 1);
    metrics.modelSequence.set({ name, channel }, sequence);
  }
}
