// Tracking URLs over HTTP: authentic ones are recorded once by id, and nobody is ever sent where we did not say.
import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { Hono } from "hono";
import { describe, expect, it } from "vitest";
import { importTrackingKey, signTrackingToken, type TrackingPayload } from "../../../functions/events/tracking-token.ts";
import { answerProblem } from "../../../functions/routes/problem.ts";
import { trackingRoutes } from "../../../functions/routes/tracking.ts";
import { createMetrics } from "../../../functions/telemetry/metrics.ts";
import type { CodedError } from "../../../shared/schemas/coded-error.ts";
import type { Event } from "../../../shared/schemas/events.ts";

const LANDING_URL = "https://shop.example/shoes?a=1";
const claims = { v: 1 as const, decisionId: "d-1", placementId: "top", creativeId: "shoes", issuedMs: 0, expiresMs: 1000 };
const click: TrackingPayload = { ...claims, kind: "click", landingUrl: LANDING_URL };
const impression: TrackingPayload = { ...claims, kind: "impression" };
const trackingKey = importTrackingKey("a secret");

function createEdge(nowMs: number, sinkIsBroken = false) {
  const events: Event[] = [];
  const write = async (some: readonly Event[]) => {
    if (sinkIsBroken) throw new Error("the queue is down");
    events.push(...some);
  };
  const metrics = createMetrics();
  const app = new Hono()
    .route("/", trackingRoutes({ sink: { write }, trackingKey, nowMs: () => nowMs, metrics }))
    .onError((error, context) => answerProblem(context, error as CodedError)); // the routes throw no other
  const get = async (kind: string, token: string, init?: RequestInit) => {
    const context = createExecutionContext();
    const response = await app.request(`/v1/track/${kind}/${token}`, init, {}, context);
    await waitOnExecutionContext(context);
    return response;
  };
  return { get, events, metrics };
}

const sign = async (payload: TrackingPayload) => signTrackingToken(payload, await trackingKey);

describe("a tracking URL", () => {
  it("records an impression and answers nothing, uncached", async () => {
    const { get, events, metrics } = createEdge(500);
    const response = await get("impression", await sign(impression));
    expect([response.status, response.headers.get("cache-control")]).toEqual([204, "no-store"]);
    const outcome = { timeMs: 500, decisionId: "d-1", placementId: "top", creativeId: "shoes" };
    expect(events).toEqual([{ type: "impression", id: "d-1.top.impression", ...outcome }]);
    expect(metrics.render()).toContain('selvedge_events_accepted_total{type="impression"} 1');
  });

  it("records a click and sends the reader on", async () => {
    const { get, events } = createEdge(500);
    const response = await get("click", await sign(click));
    expect([response.status, response.headers.get("location")]).toEqual([302, LANDING_URL]);
    expect(response.headers.get("cache-control")).toBe("no-store");
    expect(events).toMatchObject([{ type: "click", id: "d-1.top.click" }]);
  });

  it("gives a repeated click the same id", async () => {
    const { get, events } = createEdge(500);
    const token = await sign(click);
    await get("click", token);
    await get("click", token);
    expect(new Set(events.map(({ id }) => id)).size).toBe(1);
  });

  it("sends a late click on its way, uncounted", async () => {
    const { get, events, metrics } = createEdge(1000);
    expect((await get("click", await sign(click))).headers.get("location")).toBe(LANDING_URL);
    expect(events).toEqual([]);
    expect(metrics.render()).toContain('selvedge_tracking_refusals_total{kind="click",reason="token_expired"} 1');
  });

  it.each<[string, RequestInit]>([
    ["a HEAD request", { method: "HEAD" }],
    ["a prefetch", { headers: { "sec-purpose": "prefetch;prerender" } }],
  ])("does not count %s", async (_, init) => {
    const { get, events, metrics } = createEdge(500);
    expect((await get("click", await sign(click), init)).status).toBe(302);
    expect(events).toEqual([]);
    expect(metrics.render()).toContain('reason="prefetch"} 1');
  });

  it("refuses a forged token, whatever it says", async () => {
    const forged = await signTrackingToken({ ...click, landingUrl: "https://evil.example/" }, await importTrackingKey("guess"));
    const { get, events, metrics } = createEdge(500);
    const response = await get("click", forged);
    expect([response.status, response.headers.get("location")]).toEqual([400, null]);
    expect(response.headers.get("content-type")).toBe("application/problem+json");
    expect(await response.json()).toMatchObject({ code: "token_forged", path: "token" });
    expect(events).toEqual([]);
    expect(metrics.render()).toContain('selvedge_tracking_refusals_total{kind="click",reason="token_forged"} 1');
  });

  it.each([
    ["impression", click],
    ["click", impression],
  ] as const)("does not take another kind's token as %s", async (kind, payload) => {
    const { get, events } = createEdge(500);
    const response = await get(kind, await sign(payload));
    expect(await response.json()).toMatchObject({ status: 400, code: "token_kind_wrong" });
    expect(events).toEqual([]);
  });

  it("sends the reader on even when the event is lost, and counts that", async () => {
    const { get, metrics } = createEdge(500, true);
    expect((await get("click", await sign(click))).status).toBe(302);
    expect(metrics.render()).toContain('selvedge_events_lost_total{reason="sink_failed"} 1');
  });
});
