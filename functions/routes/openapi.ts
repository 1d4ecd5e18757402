// GET /openapi.json: the HTTP interface as an OpenAPI 3.1 document, made from the very schemas that parse the bodies.
import { Hono } from "hono/tiny";
import * as v from "valibot";
import { AssignmentRequest, AssignmentResponse, DecisionRequest, DecisionResponse } from "../../shared/schemas/decisions.ts";
import { EventsRequest } from "../../shared/schemas/events.ts";
import { ModelsResponse } from "../../shared/schemas/models.ts";
import { int } from "../../shared/schemas/numbers.ts";
import { strictObject } from "../../shared/schemas/objects.ts";
import { PredictionRequest, PredictionResponse } from "../../shared/schemas/predictions.ts";
import { toJsonSchema } from "./json-schema.ts";
import { ProblemDocument } from "./problem.ts";

const EventsResponse = strictObject({ accepted: int });
const HealthResponse = strictObject({ status: v.literal("ok") });

const SCHEMAS = {
  DecisionRequest,
  DecisionResponse,
  PredictionRequest,
  PredictionResponse,
  AssignmentRequest,
  AssignmentResponse,
  EventsRequest,
  EventsResponse,
  ModelsResponse,
  HealthResponse,
  ProblemDocument,
};
type SchemaName = keyof typeof SCHEMAS;

export function openapiRoutes() {
  let document: object | undefined; // made once an isolate, and only where somebody asks
  return new Hono().get("/openapi.json", (context) => {
    document ??= createOpenapiDocument();
    return context.json(document);
  });
}

function createOpenapiDocument() {
  return {
    openapi: "3.1.1",
    info: {
      title: "Selvedge",
      version: "1",
      description: "Chooses ads, arms and predictions next to the reader.",
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    servers: [{ url: "/" }],
    paths: {
      "/v1/decisions": { post: posts("decide", "The ad for each placement", "DecisionRequest", "DecisionResponse") },
      "/v1/predictions/{task}": {
        parameters: [pathParameter("task", "Name of a task with a published model")],
        post: posts("predict", "Calibrated probabilities of a task's label", "PredictionRequest", "PredictionResponse"),
      },
      "/v1/assignments": {
        post: posts("assign", "The subject's arm in each experiment", "AssignmentRequest", "AssignmentResponse"),
      },
      "/v1/events": {
        post: posts("reportConversions", "Conversions, reported from outside", "EventsRequest", "EventsResponse", "202"),
      },
      "/v1/track/impression/{token}": track("trackImpression", "204", "Counted"),
      "/v1/track/click/{token}": track("trackClick", "302", "Counted; on to the landing page"),
      "/v1/subjects/{subjectId}/views": {
        parameters: [pathParameter("subjectId", "As decisions were asked for it")],
        delete: {
          operationId: "forgetSubject",
          summary: "Forgets what a subject has seen; with the key of a site",
          security: [{ siteKey: [] }],
          responses: { "204": { description: "Forgotten" }, "4XX": problem },
        },
      },
      "/v1/models": { get: gets("listModels", "What is loaded", "application/json", reference("ModelsResponse")) },
      "/healthz": { get: gets("checkHealth", "Whether the Worker runs", "application/json", reference("HealthResponse")) },
      "/metrics": { get: gets("readMetrics", "Counters in the Prometheus text format", "text/plain", { type: "string" }) },
      "/openapi.json": { get: gets("readOpenapi", "This document", "application/json", { type: "object" }) },
    },
    components: {
      schemas: Object.fromEntries(Object.entries(SCHEMAS).map(([name, schema]) => [name, toJsonSchema(schema)])),
      securitySchemes: { siteKey: { type: "http", scheme: "bearer", description: "A site's key, sk1...; ?key= takes it too" } },
    },
  };
}

const reference = (name: SchemaName) => ({ $ref: `#/components/schemas/${name}` });

const problem = {
  description: "What is wrong, with a stable code and the path of the field (RFC 9457)",
  content: { "application/problem+json": { schema: reference("ProblemDocument") } },
};

function posts(operationId: string, summary: string, body: SchemaName, answer: SchemaName, status = "200") {
  return {
    operationId,
    summary,
    requestBody: { required: true, content: { "application/json": { schema: reference(body) } } },
    responses: {
      [status]: { description: summary, content: { "application/json": { schema: reference(answer) } } },
      "4XX": problem,
    },
  };
}

function gets(operationId: string, summary: string, type: string, schema: object) {
  return { operationId, summary, responses: { "200": { description: summary, content: { [type]: { schema } } } } };
}

function track(operationId: string, status: string, description: string) {
  return {
    parameters: [pathParameter("token", "As it stands in the URL that a decision gave")],
    get: { operationId, summary: "What happened to an ad", responses: { [status]: { description }, "4XX": problem } },
  };
}

function pathParameter(name: string, description: string) {
  return { name, in: "path", required: true, description, schema: { type: "string" } };
}
