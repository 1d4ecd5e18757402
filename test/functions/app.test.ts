// The whole application inside workerd: what all routes share, and the Worker's own entry.
import { exports } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { indexCatalog } from "../../functions/catalog/catalog-index.ts";
import { parse } from "../../shared/schemas/coded-error.ts";
import { AssignmentResponse } from "../../shared/schemas/decisions.ts";
import { ModelsResponse } from "../../shared/schemas/models.ts";
import { CATALOG, MODEL } from "./decision/example-market.ts";
import { createEdge } from "./edge.ts";

const arms = [{ id: "only", weight: 1 }];
const experiment = { id: "e", status: "active", hashVersion: 1, seed: "s", coverage: 10_000, arms };
const catalog = indexCatalog({ ...CATALOG, experiments: [experiment] });

describe("POST /v1/assignments", () => {
  it("gives the same subject the same arm", async () => {
    const [first, second] = await Promise.all(
      [1, 2].map(() => createEdge({ catalog }).post("/v1/assignments", { subjectId: "reader" })),
    );
    const body = parse(AssignmentResponse, await first?.json());
    expect(body).toMatchObject({ subjectId: "reader", catalogVersion: MODEL.version, assignments: [{ armId: "only" }] });
    expect(await second?.json()).toEqual(body);
  });

  it("gives none while there is no catalog", async () => {
    const response = await createEdge({ catalog: "pointer_missing" }).post("/v1/assignments", { subjectId: "reader" });
    expect(await response.json()).toEqual({ subjectId: "reader", catalogVersion: null, assignments: [] });
  });
});

describe("for whoever runs it", () => {
  it("lists what is loaded and what failed", async () => {
    const { send } = createEdge({ catalog: "signature_invalid" });
    const { models } = parse(ModelsResponse, await (await send("/v1/models")).json());
    expect(models).toMatchObject([
      { name: "catalog", channel: "stable", version: null, lastFailure: "signature_invalid" },
      { name: "ad-click", channel: "stable", version: MODEL.version, sequence: 3, metrics: { served: { auc: 0.75 } } },
    ]);
  });

  it("scrapes as Prometheus text, with versions and durations", async () => {
    const { send, post } = createEdge();
    await post("/v1/decisions", { placements: [{ id: "top" }] });
    await post("/v1/predictions/any-name", {});
    await send("/somewhere");
    const response = await send("/metrics");
    expect(response.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
    const text = await response.text();
    expect(text).toContain(`selvedge_model_info{name="ad-click",channel="stable",version="${MODEL.version}"} 1`);
    expect(text).toContain('selvedge_model_sequence{name="catalog",channel="stable"} 3');
    expect(text).toContain('selvedge_request_duration_seconds_count{route="/v1/decisions",status="2xx"} 1');
    expect(text).toContain('selvedge_request_duration_seconds_count{route="/v1/predictions/:task",status="4xx"} 1');
    expect(text).toContain('selvedge_request_duration_seconds_count{route="none",status="4xx"} 1');
    for (const line of text.trim().split("\n")) expect(line).toMatch(/^(# (HELP|TYPE) .+|[a-z_]+(\{.*\})? \S+)$/);
  });

  it("describes itself in OpenAPI, with every route that it has", async () => {
    const { app, send } = createEdge();
    const document = await (await send("/openapi.json")).json<{ openapi: string; paths: Record<string, unknown> }>();
    expect(document.openapi).toMatch(/^3\.1\./);
    const routes = new Set(app.routes.filter(({ path, method }) => method !== "ALL" && path !== "/*").map(({ path }) => path));
    const paths = [...routes].map((path) => path.replaceAll(/:(\w+)/g, "{$1}"));
    expect(Object.keys(document.paths).sort()).toEqual(paths.sort());
  });
});

describe("browsers", () => {
  const origin = { origin: "https://news.example" };

  it("may call from other sites, and see errors too", async () => {
    const { send, post } = createEdge();
    const preflight = await send("/v1/decisions", {
      method: "OPTIONS",
      headers: { ...origin, "access-control-request-method": "POST", "access-control-request-headers": "content-type" },
    });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get("access-control-allow-headers")).toBe("content-type");
    for (const body of [{ placements: [{ id: "top" }] }, "{"]) {
      expect((await post("/v1/decisions", body)).headers.get("access-control-allow-origin")).toBe("*");
    }
    for (const path of ["/v1/models", "/v1/track/impression/forged", "/v1/nowhere", "/openapi.json"]) {
      expect((await send(path)).headers.get("access-control-allow-origin")).toBe("*");
    }
    expect((await send("/healthz")).headers.get("access-control-allow-origin")).toBeNull();
  });
});

describe("the Worker's own entry", () => {
  it("is healthy", async () => {
    expect((await exports.default.fetch("http://edge.test/healthz")).status).toBe(200);
  });

  it("decides without a store", async () => {
    const body = JSON.stringify({ placements: [{ id: "top" }] });
    const headers = { "content-type": "application/json" };
    const response = await exports.default.fetch("http://edge.test/v1/decisions", { method: "POST", headers, body });
    expect([response.status, await response.json()]).toMatchObject([200, { placements: [{ noServe: "no_catalog" }] }]);
    const metrics = await (await exports.default.fetch("http://edge.test/metrics")).text();
    expect(metrics).toMatch(/selvedge_load_failures_total\{name="catalog",channel="stable",reason="store_\w+"\} [1-9]/);
  });
});
