// /admin/*: editing the catalog, for whoever has an admin key. An application of its own, so that decisions look past one route only.
import type { Context } from "hono";
import { Hono } from "hono/tiny";
import { CodedError } from "../../../shared/schemas/coded-error.ts";
import { authenticate } from "../../admin/admin-keys.ts";
import { catalogRoutes } from "./catalog.ts";
import type { AdminContext, AdminDependencies } from "./context.ts";
import { entityRoutes } from "./entities.ts";
import { ledgerRoutes } from "./ledger.ts";
import { openapiRoutes } from "./openapi.ts";
import { replayRoutes } from "./replays.ts";

/** How the whole application answers an error. */
type AnswerError = (error: Error, context: Context) => Response;

/** No CORS headers, ever: a page of another site must not be able to ask. */
export function createAdminApp(dependencies: AdminDependencies, answerError: AnswerError) {
  return new Hono<AdminContext>()
    .route("/", openapiRoutes())
    .use("/admin/v1/*", async (context, next) => {
      context.header("cache-control", "no-store");
      context.set("actor", await authenticate(context.req.header("authorization"), dependencies.adminKeys));
      context.set("admin", { ...dependencies, db: requireDatabase(dependencies) });
      await next();
    })
    .route("/", catalogRoutes())
    .route("/", replayRoutes())
    .route("/", ledgerRoutes())
    .route("/", entityRoutes())
    .notFound((context) => {
      const detail = `${context.req.method} ${context.req.path} is no route; GET /admin/openapi.json lists them`;
      throw new CodedError("route_unknown", "", detail);
    })
    .onError(answerError);
}

function requireDatabase({ db }: AdminDependencies): D1Database {
  if (db) return db;
  throw new CodedError("admin_unavailable", "env.CATALOG_DB", "this Worker has no database to edit; bind one");
}
