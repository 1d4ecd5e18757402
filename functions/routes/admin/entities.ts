// /admin/v1/{kind}: sites, placements, advertisers, campaigns, flights, creatives, experiments, and the settings.
import type { Context } from "hono";
import { Hono } from "hono/tiny";
import * as v from "valibot";
import { CodedError, parse } from "../../../shared/schemas/coded-error.ts";
import { int } from "../../../shared/schemas/numbers.ts";
import { type Entity, isKind, type Kind, type RowKind, SETTINGS, Settings } from "../../admin/entities.ts";
import { createEntity, deleteEntity, listEntities, readEntity, replaceEntity } from "../../admin/entity-table.ts";
import { parseEntity } from "../../admin/parse-entity.ts";
import { readJsonBody } from "../body.ts";
import { type AdminContext, editorOf } from "./context.ts";
import { readPrecondition, revisionConflict, tagRevision } from "./preconditions.ts";

/** A page of a list. Query values are texts. */
const ListQuery = v.object({
  after: v.optional(v.string(), ""),
  parentId: v.optional(v.nullable(v.string()), null),
  limit: v.optional(v.pipe(v.string(), v.toNumber(), int, v.minValue(1), v.maxValue(500)), "100"),
});

export function entityRoutes() {
  return new Hono<AdminContext>()
    .get("/admin/v1/settings", (context) => answerOne(context, SETTINGS.kind, SETTINGS.id))
    .put("/admin/v1/settings", async (context) => {
      const settings = parse(Settings, await readJsonBody(context, v.unknown()));
      return put(context, SETTINGS.kind, SETTINGS.id, settings);
    })
    .get("/admin/v1/:kind", async (context) => {
      const page = await listEntities(context.var.admin.db, kindOf(context), parse(ListQuery, context.req.query()));
      return context.json(page);
    })
    .get("/admin/v1/:kind/:id", (context) => answerOne(context, kindOf(context), idOf(context)))
    .put("/admin/v1/:kind/:id", async (context) => {
      const kind = kindOf(context);
      const entity = await parseEntity(kind, await readJsonBody(context, v.unknown()));
      if (entity.id === idOf(context)) return put(context, kind, entity.id, entity);
      throw new CodedError("id_mismatch", "id", `the address says "${idOf(context)}"; an id cannot be changed`);
    })
    .delete("/admin/v1/:kind/:id", async (context) => {
      const [kind, id, { db }] = [kindOf(context), idOf(context), context.var.admin];
      const revision = readPrecondition(context, false) as number; // nothing can be created here
      if (await deleteEntity(db, editorOf(context), kind, id, revision)) return context.body(null, 204);
      const current = await readEntity(db, kind, id);
      throw current ? revisionConflict(context, current.revision) : entityUnknown(kind, id);
    });
}

async function answerOne(context: Context<AdminContext>, kind: RowKind, id: string): Promise<Response> {
  const stored = await readEntity(context.var.admin.db, kind, id);
  if (!stored) throw entityUnknown(kind, id);
  tagRevision(context, stored.revision);
  return context.json(stored.document as object);
}

/** Answers with what was stored, which is not always what was sent: what has a standard value has it now, and HTML is sanitised. */
async function put(context: Context<AdminContext>, kind: RowKind, id: string, document: Entity | Settings): Promise<Response> {
  const [{ db }, precondition, editor] = [context.var.admin, readPrecondition(context, true), editorOf(context)];
  const revision =
    precondition === "absent"
      ? await createEntity(db, editor, kind, id, document)
      : await replaceEntity(db, editor, kind, id, document, precondition);
  if (revision === null) throw revisionConflict(context, (await readEntity(db, kind, id))?.revision ?? null);
  tagRevision(context, revision);
  return context.json(document, precondition === "absent" ? 201 : 200);
}

function kindOf(context: Context<AdminContext>): Kind {
  const kind = context.req.param("kind") ?? "";
  if (isKind(kind)) return kind;
  const detail = `there are no "${kind}"; GET /admin/openapi.json lists what there is`;
  throw new CodedError("route_unknown", "", detail);
}

const idOf = (context: Context): string => context.req.param("id") ?? "";

const entityUnknown = (kind: RowKind, id: string) =>
  new CodedError("entity_unknown", "id", `there is no "${id}" in ${kind}; GET /admin/v1/${kind} lists them`);
