// The HTTP application: middleware, routes, one onError, one notFound.
import { Hono } from "hono";
import { cors } from "hono/cors";
import { CodedError } from "../shared/schemas/coded-error.ts";
import type { Dependencies } from "./dependencies.ts";
import { createOperationsRoutes } from "./routes/operations.ts";
import { answerProblem } from "./routes/problem.ts";

export function createApp(dependencies: Dependencies) {
  return new Hono()
    .use("/v1/*", cors())
    .route("/", createOperationsRoutes(dependencies))
    .notFound((context) => {
      const detail = `${context.req.method} ${context.req.path} is no route; GET /openapi.json lists them`;
      return answerProblem(context, new CodedError("route_unknown", "", detail));
    })
    .onError((error, context) => {
      const problem = error instanceof CodedError ? error : new CodedError("internal", "", "this is our fault; try again");
      dependencies.metrics.problems.add({ code: problem.code });
      return answerProblem(context, problem);
    });
}
