// GET /admin/openapi.json: the admin interface as an OpenAPI 3.1 document, made from the very schemas that parse the bodies.
import { Hono } from "hono/tiny";
import { Catalog } from "../../../shared/catalog/catalog.ts";
import { ENTITIES, KINDS, Settings } from "../../admin/entities.ts";
import { toJsonSchema } from "../json-schema.ts";
import { ProblemDocument } from "../problem.ts";
import { LedgerDocument } from "./ledger.ts";

export function openapiRoutes() {
  let document: object | undefined; // made once an isolate, and only where somebody asks
  return new Hono().get("/admin/openapi.json", (context) => {
    document ??= createDocument();
    return context.json(document);
  });
}

function createDocument() {
  const schemas = { settings: Settings, Catalog, LedgerDocument, ProblemDocument, ...mapKinds((kind) => ENTITIES[kind].schema) };
  return {
    openapi: "3.1.1",
    info: { title: "Selvedge admin", version: "1", description: "The catalog as it is edited.", license: LICENSE },
    servers: [{ url: "/" }],
    security: [{ adminKey: [] }],
    paths: {
      ...Object.assign({}, ...KINDS.map(describeKind)),
      "/admin/v1/campaigns/{id}/ledger": {
        parameters: [ID],
        get: reads("LedgerDocument", "Where a campaign's money and its flights' goals are"),
      },
      "/admin/v1/settings": { get: reads("settings", "What holds for the whole catalog"), put: writes("settings") },
      "/admin/v1/export": { get: reads("Catalog", "The whole catalog; its ETag is the revision of the whole") },
      "/admin/v1/import": { post: { ...writes("Catalog", "Makes the catalog this one"), parameters: [IF_MATCH] } },
      "/admin/v1/publish": { post: answers("Compiles, checks, signs and publishes the catalog", OBJECT) },
      "/admin/v1/audit": {
        get: { ...answers("Who changed what; the newest first", OBJECT), parameters: queries("kind", "id", "before", "limit") },
      },
      "/admin/v1/replays": { post: answers("Makes a decision again from its record", OBJECT) },
      "/admin/openapi.json": { get: { ...answers("This document", OBJECT), security: [] } },
    },
    components: {
      securitySchemes: { adminKey: { type: "http", scheme: "bearer" } },
      schemas: Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [name, toJsonSchema(schema)])),
    },
  };
}

const LICENSE = { name: "Apache-2.0", identifier: "Apache-2.0" };
const OBJECT = { type: "object" };
const ID = { name: "id", in: "path", required: true, schema: { type: "string" } };
const IF_MATCH = header("if-match", "The ETag that was given: replaces or deletes exactly that revision");
const IF_NONE_MATCH = header("if-none-match", "`*` creates, where nothing of that id is there");

const mapKinds = <T>(work: (kind: (typeof KINDS)[number]) => T) => Object.fromEntries(KINDS.map((kind) => [kind, work(kind)]));

const describeKind = (kind: string) => ({
  [`/admin/v1/${kind}`]: {
    get: { ...answers(`A page of ${kind}, in order of id`, OBJECT), parameters: queries("after", "parentId", "limit") },
  },
  [`/admin/v1/${kind}/{id}`]: {
    parameters: [ID],
    get: reads(kind, `One of ${kind}; its ETag is its revision`),
    put: writes(kind),
    delete: { ...answers("Deletes it", null, "204"), parameters: [IF_MATCH] },
  },
});

const reference = (name: string) => ({ $ref: `#/components/schemas/${name}` });

const reads = (name: string, summary: string) => answers(summary, reference(name));

const writes = (name: string, summary = "Creates or replaces; answers with what was stored") => ({
  ...answers(summary, reference(name)),
  parameters: [IF_MATCH, IF_NONE_MATCH],
  requestBody: { required: true, content: { "application/json": { schema: reference(name) } } },
});

function answers(summary: string, schema: object | null, status = "2XX") {
  const problem = {
    description: "What is wrong, with a stable code and the path of the field (RFC 9457)",
    content: { "application/problem+json": { schema: reference("ProblemDocument") } },
  };
  const content = schema && { content: { "application/json": { schema } } };
  return { summary, responses: { [status]: { description: summary, ...content }, "4XX": problem, "503": problem } };
}

function header(name: string, description: string) {
  return { name, in: "header", description, schema: { type: "string" } };
}

const queries = (...names: string[]) => names.map((name) => ({ name, in: "query", schema: { type: "string" } }));
