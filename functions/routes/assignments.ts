// POST /v1/assignments: the same arm for the same subject, everywhere.
import { Hono } from "hono/tiny";
import { assignAll } from "../../shared/bucketing/assign.ts";
import { AssignmentRequest, type AssignmentResponse } from "../../shared/schemas/decisions.ts";
import type { CatalogIndex } from "../catalog/catalog-index.ts";
import type { ChannelLoader } from "../model/channel-loader.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import { readJsonBody } from "./body.ts";

export interface AssignmentDependencies {
  readonly catalogLoader: ChannelLoader<CatalogIndex>;
  readonly metrics: Pick<Metrics, "assignments">;
}

export function assignmentRoutes({ catalogLoader, metrics }: AssignmentDependencies) {
  return new Hono().post("/v1/assignments", async (context) => {
    const { subjectId } = await readJsonBody(context, AssignmentRequest);
    const catalog = await catalogLoader.get((work) => context.executionCtx.waitUntil(work));
    const assignments = assignAll(catalog?.value.experiments ?? [], subjectId);
    metrics.assignments.add({});
    return context.json({ subjectId, catalogVersion: catalog?.version ?? null, assignments } satisfies AssignmentResponse);
  });
}
