// GET /healthz and GET /metrics: for whoever runs the Worker.
import { Hono } from "hono";
import type { Metrics } from "../telemetry/metrics.ts";

export function createOperationsRoutes({ metrics }: { readonly metrics: Metrics }) {
  return new Hono()
    .get("/healthz", (context) => context.json({ status: "ok" }))
    .get("/metrics", (context) => {
      context.header("content-type", "text/plain; version=0.0.4; charset=utf-8");
      return context.body(metrics.render());
    });
}
