// /admin/v1/export, /import, /publish and /audit: the catalog as a whole.
import { Hono } from "hono/tiny";
import * as v from "valibot";
import { parseCatalog } from "../../../shared/catalog/check-catalog.ts";
import { parse } from "../../../shared/schemas/coded-error.ts";
import { int } from "../../../shared/schemas/numbers.ts";
import { listAudit } from "../../admin/audit-log.ts";
import { makeCatalogSafe } from "../../admin/parse-entity.ts";
import { publishCatalog } from "../../admin/publish-catalog.ts";
import { assembleCatalog, readWhole, replaceWhole } from "../../admin/whole-catalog.ts";
import { readJsonBody } from "../body.ts";
import { type AdminContext, editorOf } from "./context.ts";
import { readPrecondition, revisionConflict, tagRevision } from "./preconditions.ts";

/** A catalog of 10,000 flights is about 10 MB (`LARGE_CATALOG` of the benchmarks). */
const MAX_CATALOG_BYTES = 16_000_000;

const number = v.pipe(v.string(), v.toNumber(), int, v.minValue(1));
const AuditQuery = v.object({
  kind: v.optional(v.nullable(v.string()), null),
  id: v.optional(v.nullable(v.string()), null),
  before: v.optional(v.nullable(number), null),
  limit: v.optional(v.pipe(number, v.maxValue(500)), "100"),
});

export function catalogRoutes() {
  return new Hono<AdminContext>()
    .get("/admin/v1/export", async (context) => {
      const whole = await readWhole(context.var.admin.db);
      tagRevision(context, whole.revision);
      return context.json(assembleCatalog(whole) as object);
    })
    .post("/admin/v1/import", async (context) => {
      const revision = readPrecondition(context, false);
      const body = await readJsonBody(context, v.unknown(), ["application/json"], MAX_CATALOG_BYTES);
      const catalog = parseCatalog(await makeCatalogSafe(body));
      const current = await readWhole(context.var.admin.db);
      if (current.revision !== revision) throw revisionConflict(context, current.revision);
      const imported = await replaceWhole(context.var.admin.db, editorOf(context), catalog, current);
      tagRevision(context, imported.revision);
      return context.json(imported);
    })
    .post("/admin/v1/publish", async (context) => {
      return context.json(await publishCatalog(context.var.admin, editorOf(context)));
    })
    .get("/admin/v1/audit", async (context) =>
      context.json(await listAudit(context.var.admin.db, parse(AuditQuery, context.req.query()))),
    );
}
