// The HTTP application: middleware, routes, one onError, one notFound.
import type { Context, MiddlewareHandler } from "hono";
import { cors } from "hono/cors";
import { routePath } from "hono/route";
import { Hono } from "hono/tiny";
import { CodedError } from "../shared/schemas/coded-error.ts";
import { createAdminApp } from "./routes/admin/admin.ts";
import type { AdminDependencies } from "./routes/admin/context.ts";
import { assignmentRoutes } from "./routes/assignments.ts";
import { type DecisionDependencies, decisionRoutes } from "./routes/decisions.ts";
import { type EventDependencies, eventRoutes } from "./routes/events.ts";
import { modelRoutes } from "./routes/models.ts";
import { openapiRoutes } from "./routes/openapi.ts";
import { operationRoutes } from "./routes/operations.ts";
import { predictionRoutes } from "./routes/predictions.ts";
import { answerProblem } from "./routes/problem.ts";
import { type SubjectDependencies, subjectRoutes } from "./routes/subjects.ts";
import { type TrackingDependencies, trackingRoutes } from "./routes/tracking.ts";

/** A decision stands on everything that the other routes stand on, but for editing. */
export type AppDependencies = DecisionDependencies &
  EventDependencies &
  TrackingDependencies &
  SubjectDependencies & { readonly admin: AdminDependencies };

export function createApp(dependencies: AppDependencies) {
  const { metrics, nowMs } = dependencies;
  const refuse = (context: Context, problem: CodedError) => {
    metrics.problems.add({ code: problem.code });
    return answerProblem(context, problem);
  };
  const answerError = (error: Error, context: Context) => {
    if (error instanceof CodedError) return refuse(context, error);
    reportError(error); // to the runtime's log
    return refuse(context, new CodedError("internal", "", "the fault is ours; try again"));
  };
  let adminApp: ReturnType<typeof createAdminApp> | undefined; // few isolates are ever asked
  return new Hono()
    .use("*", async (context, next) => {
      const startMs = nowMs();
      await next();
      metrics.requestDuration.observe(labelsOf(context), (nowMs() - startMs) / 1000);
    })
    .use("/v1/*", allowAnyOrigin)
    .use("/openapi.json", allowAnyOrigin)
    .route("/", decisionRoutes(dependencies))
    .route("/", predictionRoutes(dependencies))
    .route("/", assignmentRoutes(dependencies))
    .route("/", eventRoutes(dependencies))
    .route("/", trackingRoutes(dependencies))
    .route("/", subjectRoutes(dependencies))
    .route("/", modelRoutes(dependencies))
    .route("/", openapiRoutes())
    .route("/", operationRoutes(dependencies))
    .all("/admin/*", (context) => {
      adminApp ??= createAdminApp(dependencies.admin, answerError);
      return adminApp.fetch(context.req.raw, context.env);
    })
    .notFound((context) => {
      const detail = `${context.req.method} ${context.req.path} is no route; GET /openapi.json lists them`;
      return refuse(context, new CodedError("route_unknown", "", detail));
    })
    .onError(answerError);
}

const answerPreflight = cors();

/** As Hono's own, which copies every response to add its header. */
const allowAnyOrigin: MiddlewareHandler = async (context, next) => {
  if (context.req.method === "OPTIONS") return answerPreflight(context, next);
  await next();
  context.res.headers.set("access-control-allow-origin", "*");
};

/** The route's pattern rather than the path, so that tokens and names do not become series. */
function labelsOf(context: Context): { route: string; status: string } {
  const pattern = routePath(context, -1);
  return { route: pattern.includes("*") ? "none" : pattern, status: `${Math.floor(context.res.status / 100)}xx` };
}
