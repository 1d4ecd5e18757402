// The whole application inside workerd: every route, every refusal, every header.
import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { env, exports } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { createSiteKeyOpener } from "../../functions/access/site-key.ts";
import { createApp } from "../../functions/app.ts";
import { readBindings } from "../../functions/bindings.ts";
import { indexCatalog } from "../../functions/catalog/catalog-index.ts";
import { openTrackingToken } from "../../functions/events/tracking-token.ts";
import { createFrequency } from "../../functions/frequency/frequency.ts";
import { createLeaseHolder } from "../../functions/ledger/lease-holder.ts";
import { createLedgerClient } from "../../functions/ledger/ledger-client.ts";
import type { ChannelLoader } from "../../functions/model/channel-loader.ts";
import type { LoadFailure } from "../../functions/model/load-failure.ts";
import { createLoaderPool } from "../../functions/model/loader-pool.ts";
import { ProblemDocument } from "../../functions/routes/problem.ts";
import { createMetrics } from "../../functions/telemetry/metrics.ts";
import { importHmacKey } from "../../shared/access/signed-text.ts";
import { parse } from "../../shared/schemas/coded-error.ts";
import { AssignmentResponse, DecisionResponse } from "../../shared/schemas/decisions.ts";
import type { Event } from "../../shared/schemas/events.ts";
import { ModelsResponse } from "../../shared/schemas/models.ts";
import { PredictionResponse } from "../../shared/schemas/predictions.ts";
import { MemoryStore } from "../memory-store.ts";
import { CATALOG, MODEL } from "./decision/example-market.ts";

const NOW_MS = Date.UTC(2026, 10, 24, 12);
const trackingKey = importHmacKey("a secret");

const arms = [{ id: "only", weight: 1 }];
const experiment = { id: "e", status: "active", hashVersion: 1, seed: "s", coverage: 10_000, arms };
const catalog = indexCatalog({ ...CATALOG, experiments: [experiment] });

/** What a loader has come to: a value, or the reason why there is none. */
function loaderOf<T>(value: T | LoadFailure): ChannelLoader<T> {
  const failure = typeof value === "string" ? (value as LoadFailure) : null; // values are objects
  const current = failure ? null : { value: value as T, version: MODEL.version, sequence: 3, loadedMs: NOW_MS }; // no failure: a value
  return { current, lastFailure: failure, get: async () => current };
}

interface State {
  readonly catalog?: typeof catalog | LoadFailure;
  readonly model?: typeof MODEL.value | LoadFailure;
  readonly sinkIsBroken?: boolean;
}

function createEdge({ catalog: snapshot = catalog, model = MODEL.value, sinkIsBroken = false }: State = {}) {
  const events: Event[] = [];
  const write = async (some: readonly Event[]) => {
    if (sinkIsBroken) throw new Error("the queue is down");
    events.push(...some);
  };
  const metrics = createMetrics();
  const frequency = createFrequency({
    subjects: readBindings(env).subjectViews,
    subjectKey: importHmacKey("a subject secret"),
    nowMs: () => NOW_MS,
    metrics,
  });
  const ledger = createLeaseHolder({
    client: createLedgerClient(readBindings(env).campaignLedger, metrics),
    isolateId: crypto.randomUUID(),
    nowMs: () => NOW_MS,
    wait: () => new Promise(() => {}), // the clock stands still
    onFailure: () => expect.fail("a ledger did not answer"),
  });
  const app = createApp({
    catalogLoader: loaderOf(snapshot),
    models: createLoaderPool((name) => loaderOf(name === "ad-click" ? model : "pointer_missing")),
    sink: { write },
    trackingKey,
    billOutcome: async () => {},
    openSiteKey: createSiteKeyOpener(importHmacKey("a site secret")),
    frequency,
    ledger,
    publicOrigin: "",
    admin: { db: null, adminKeys: "", store: new MemoryStore(), signingKey: "", publicKeys: "", nowMs: () => NOW_MS },
    nowMs: () => NOW_MS,
    drawSeed: () => 7,
    metrics,
  });
  const send = async (path: string, init?: RequestInit) => {
    const context = createExecutionContext();
    const response = await app.request(`https://edge.example${path}`, init, {}, context);
    await waitOnExecutionContext(context);
    return response;
  };
  const post = (path: string, body: unknown, type = "application/json") =>
    send(path, { method: "POST", headers: { "content-type": type }, body: toBody(body) });
  return { app, send, post, events, metrics };
}

const toBody = (body: unknown) => (typeof body === "string" || body instanceof ReadableStream ? body : JSON.stringify(body));

async function problemOf(response: Response): Promise<ProblemDocument> {
  expect(response.headers.get("content-type")).toBe("application/problem+json");
  return parse(ProblemDocument, await response.json());
}

describe("POST /v1/decisions", () => {
  it("answers with the creative and URLs that are ours, and records behind the response", async () => {
    const { post, events, metrics } = createEdge();
    const request = { subjectId: "reader", features: { device: "mobile" }, placements: [{ id: "top" }] };
    const response = await post("/v1/decisions", request);
    const { decisionId, placements, modelVersion, assignments } = parse(DecisionResponse, await response.json());
    const creative = placements[0]?.creatives[0];
    expect(creative).toMatchObject({ creativeId: "c2", probability: expect.closeTo(0.8176, 4) });
    expect(modelVersion).toBe(MODEL.version);
    expect(assignments).toMatchObject([{ experimentId: "e", armId: "only" }]);
    expect(events).toMatchObject([
      { type: "decision", decisionId, placements: [{ slots: [{ creativeId: "c2" }] }], assignments },
    ]);
    expect(metrics.render()).toContain('selvedge_decisions_total{outcome="model"} 1');
    expect(metrics.render()).toContain('selvedge_dropped_candidates_total{reason="size_mismatch"} 1');
    const token = creative?.clickUrl.replace("https://edge.example/v1/track/click/", "") ?? "";
    const { claims } = await openTrackingToken(token, "click", await trackingKey, NOW_MS);
    expect(creative?.impressionUrl).toBe(`https://edge.example/v1/track/impression/${token}`);
    expect(claims).toMatchObject({ decisionId, slot: 0, placementId: "top", landingUrl: "https://shop.example/c2" });
    const click = await createEdge().send(new URL(creative?.clickUrl ?? "").pathname);
    expect([click.status, click.headers.get("location")]).toEqual([302, "https://shop.example/c2"]);
  });

  it("answers although the sink is broken, and counts what was lost", async () => {
    const { post, metrics } = createEdge({ sinkIsBroken: true });
    expect((await post("/v1/decisions", { placements: [{ id: "top" }, { id: "banner" }] })).status).toBe(200);
    expect(metrics.render()).toContain('selvedge_events_lost_total{reason="sink_failed"} 1');
  });

  it("never fails for want of a catalog or a model", async () => {
    const { post, metrics } = createEdge({ catalog: "store_unreachable", model: "store_timeout" });
    const own = [{ id: "mine", landingUrl: "https://shop.example", features: {} }];
    const response = await post("/v1/decisions", { placements: [{ id: "top" }, { id: "own", candidates: own }] });
    expect(parse(DecisionResponse, await response.json()).placements).toMatchObject([
      { creatives: [], noServe: "no_catalog" },
      { creatives: [{ creativeId: "mine", probability: null }], fallback: "no_model" },
    ]);
    expect(metrics.render()).toContain('selvedge_no_serves_total{reason="no_catalog"} 1');
    expect(metrics.render()).toContain('selvedge_fallbacks_total{reason="no_model"} 1');
  });

  it("takes unseen, missing, negative and unknown features as they come", async () => {
    const features = { device: "toaster", age: -3, unheardOf: [1, 2], nothing: null };
    const response = await createEdge().post("/v1/decisions", { features, placements: [{ id: "top" }] });
    expect(await response.json()).toMatchObject({ placements: [{ creatives: [{ creativeId: "c2" }], fallback: null }] });
  });
});

describe("bad input", () => {
  const candidate = { id: "a", landingUrl: "https://shop.example", features: {} };
  const many = Array.from({ length: 10_000 }, (_, index) => ({ ...candidate, id: `c${index}` }));
  it.each<[number, string, string, string, unknown]>([
    [400, "json_malformed", "", "broken JSON", '{"placements":'],
    [400, "json_malformed", "", "NaN, which is not JSON", '{"features":{"age":NaN},"placements":[{"id":"top"}]}'],
    [400, "json_malformed", "", "nothing", ""],
    [404, "placement_unknown", "placements[1].id", "an unknown placement", { placements: [{ id: "top" }, { id: "nowhere" }] }],
    [413, "body_too_large", "", "10 MB", `"${"x".repeat(10_000_000)}"`],
    [422, "invalid_type", "placements", "no placements", {}],
    [422, "invalid_type", "", "an array", []],
    [422, "invalid_type", "placements[0].id", "a number for an id", { placements: [{ id: 7 }] }],
    [422, "invalid_format", "placements[0].id", "an id with a space", { placements: [{ id: "a b" }] }],
    [422, "invalid_union", "features.age", "an object of objects", { features: { age: { a: {} } }, placements: [{ id: "top" }] }],
    [422, "invalid_union", "features.age", "an infinite number", '{"features":{"age":1e999},"placements":[{"id":"top"}]}'],
    [422, "too_small", "placements", "an empty list", { placements: [] }],
    [422, "unrecognized_keys", "placement", "a misspelt field", { placement: [], placements: [{ id: "top" }] }],
    [422, "too_big", "placements[0].candidates", "10,000 candidates", { placements: [{ id: "top", candidates: many }] }],
    [422, "id_duplicate", "placements[1].id", "a placement twice", { placements: [{ id: "top" }, { id: "top" }] }],
    [
      422,
      "invalid_format",
      "placements[0].candidates[0].landingUrl",
      "a script for a URL",
      { placements: [{ id: "top", candidates: [{ ...candidate, landingUrl: "javascript:alert(1)" }] }] },
    ],
  ])("gives %i %s at '%s': %s", async (status, code, path, _, body) => {
    const { post, events, metrics } = createEdge();
    const response = await post("/v1/decisions", body);
    expect(await problemOf(response)).toMatchObject({ status, code, path });
    expect(response.status).toBe(status);
    expect(events).toEqual([]);
    expect(metrics.render()).toContain(`selvedge_problems_total{code="${code}"} 1`);
  });

  it("lists every problem of a body, the first of them on top", async () => {
    const response = await createEdge().post("/v1/decisions", { subjectId: 3, placements: [{ id: "?" }] });
    const { code, path, problems } = await problemOf(response);
    expect({ code, path }).toEqual({ code: "invalid_type", path: "subjectId" });
    expect(problems?.map((problem) => problem.path)).toEqual(["subjectId", "placements[0].id"]);
  });

  it("is stopped while it streams in, whatever its length claims to be", async () => {
    let sentBytes = 0;
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        sentBytes += 65_536;
        controller.enqueue(new Uint8Array(65_536).fill(32));
      },
    });
    const response = await createEdge().post("/v1/decisions", endless);
    expect(await problemOf(response)).toMatchObject({ status: 413, code: "body_too_large" });
    expect(sentBytes).toBeLessThan(20_000_000);
  });

  it.each(["text/plain", "application/x-www-form-urlencoded", ""])("is not taken as '%s'", async (type) => {
    const response = await createEdge().post("/v1/decisions", { placements: [{ id: "top" }] }, type);
    expect(await problemOf(response)).toMatchObject({ status: 415, code: "content_type_unsupported" });
  });

  it("asks for a route that there is", async () => {
    for (const [method, path] of [
      ["GET", "/nothing"],
      ["GET", "/v1/decisions"],
      ["DELETE", "/v1/models"],
    ] as const) {
      expect(await problemOf(await createEdge().send(path, { method }))).toMatchObject({ status: 404, code: "route_unknown" });
    }
  });
});

describe("POST /v1/predictions/{task}", () => {
  const candidates = [{ id: "first", features: { creativeId: "c2" } }, { features: { creativeId: "unseen" } }];

  it("answers with calibrated probabilities in the order of the candidates", async () => {
    const response = await createEdge().post("/v1/predictions/ad-click", { features: { device: "mobile" }, candidates });
    const { predictions, ...rest } = parse(PredictionResponse, await response.json());
    expect(rest).toEqual({ task: "ad-click", modelVersion: MODEL.version, fallback: null });
    expect(predictions).toEqual([
      { id: "first", logit: 1.5, probability: 1 / (1 + Math.exp(-1.5)) },
      { logit: -2.5, probability: 1 / (1 + Math.exp(2.5)) },
    ]);
  });

  it("answers without numbers, and says why, while no model could be loaded", async () => {
    const { post, metrics } = createEdge({ model: "store_unreachable" });
    const response = await post("/v1/predictions/ad-click", { features: {}, candidates });
    expect([response.status, parse(PredictionResponse, await response.json())]).toEqual([
      200,
      {
        task: "ad-click",
        modelVersion: null,
        fallback: "no_model",
        predictions: [
          { id: "first", logit: null, probability: null },
          { logit: null, probability: null },
        ],
      },
    ]);
    expect(metrics.render()).toContain('selvedge_fallbacks_total{reason="no_model"} 1');
  });

  it.each(["purchase", "catalog", "Not%20a%20name", "..%2Fstable"])("does not know the task %s", async (task) => {
    const response = await createEdge().post(`/v1/predictions/${task}`, { features: {} });
    expect(await problemOf(response)).toMatchObject({ status: 404, code: "task_unknown", path: "task" });
  });

  it("refuses to predict something else than was asked", async () => {
    const response = await createEdge().post("/v1/predictions/ad-click", { features: { creativeId: "c2" } });
    expect(await problemOf(response)).toMatchObject({ status: 422, code: "candidates_required", path: "candidates" });
    const { encoder } = MODEL.value;
    const model = { ...MODEL.value, encoder: { ...encoder, candidate: { fieldCount: 0, encode: () => undefined } } };
    const other = await createEdge({ model }).post("/v1/predictions/ad-click", { features: {}, candidates });
    expect(await problemOf(other)).toMatchObject({ status: 422, code: "candidates_unexpected", path: "candidates" });
  });

  it("answers without numbers where the model gives none", async () => {
    const noScores = () => ({ logits: Float32Array.of(Number.NaN, 1), probabilities: Float64Array.of(Number.NaN, 1) });
    const noDraws = () => expect.fail("nobody asked for draws");
    const scorer = { drawCount: 0, score: noScores, scoreCached: noScores, scoreDraws: noDraws, scoreDrawsCached: noDraws };
    const model = { ...MODEL.value, scorer };
    const response = await createEdge({ model }).post("/v1/predictions/ad-click", { features: {}, candidates });
    expect(await response.json()).toMatchObject({ fallback: "score_failed", modelVersion: MODEL.version });
  });
});

describe("POST /v1/assignments", () => {
  it("gives the same subject the same arm", async () => {
    const [first, second] = await Promise.all([1, 2].map(() => createEdge().post("/v1/assignments", { subjectId: "reader" })));
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
