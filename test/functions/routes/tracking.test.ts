// Tracking URLs over HTTP: authentic ones are recorded once by id, and nobody is ever sent where we did not say.
import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { Hono } from "hono";
import { describe, expect, it } from "vitest";
import type { Outcome } from "../../../functions/events/outcomes.ts";
import { IMPRESSION_LIFETIME_MS, signTrackingToken } from "../../../functions/events/tracking-token.ts";
import { answerProblem } from "../../../functions/routes/problem.ts";
import { trackingRoutes } from "../../../functions/routes/tracking.ts";
import { createMetrics } from "../../../functions/telemetry/metrics.ts";
import { importHmacKey } from "../../../shared/access/signed-text.ts";
import type { CodedError } from "../../../shared/schemas/coded-error.ts";
import type { Event } from "../../../shared/schemas/events.ts";
import { exampleClaims } from "../events/example-claims.ts";

const { landingUrl: LANDING_URL, expiresMs: END_MS } = exampleClaims;
const trackingKey = importHmacKey("a secret");

function createEdge(nowMs: number, { sinkIsBroken = false, billIsBroken = false } = {}) {
  const events: Event[] = [];
  const bills: Outcome[] = [];
  const write = async (some: readonly Event[]) => {
    if (sinkIsBroken) throw new Error("the queue is down");
    events.push(...some);
  };
  const billOutcome = async (outcome: Outcome) => {
    if (billIsBroken) throw new Error("the ledger is down");
    bills.push(outcome);
  };
  const metrics = createMetrics();
  const app = new Hono()
    .route("/", trackingRoutes({ sink: { write }, billOutcome, trackingKey, nowMs: () => nowMs, metrics }))
    .onError((error, context) => answerProblem(context, error as CodedError)); // the routes throw no other
  const get = async (kind: string, token: string, init?: RequestInit) => {
    const context = createExecutionContext();
    const response = await app.request(`/v1/track/${kind}/${token}`, init, {}, context);
    await waitOnExecutionContext(context);
    return response;
  };
  return { get, events, bills, metrics };
}

const token = await signTrackingToken(exampleClaims, await trackingKey);

describe("a tracking URL", () => {
  it("records an impression and answers nothing, uncached", async () => {
    const { get, events, metrics } = createEdge(500);
    const response = await get("impression", token);
    expect([response.status, response.headers.get("cache-control")]).toEqual([204, "no-store"]);
    const outcome = { timeMs: 500, decisionId: "d-1", placementId: "top", slot: 0, creativeId: "shoes" };
    expect(events).toEqual([{ type: "impression", id: "d-1.top.0.impression", ...outcome }]);
    expect(metrics.render()).toContain('selvedge_events_accepted_total{type="impression"} 1');
  });

  it("records a click under the same token and sends the reader on", async () => {
    const { get, events } = createEdge(500);
    const response = await get("click", token);
    expect([response.status, response.headers.get("location")]).toEqual([302, LANDING_URL]);
    expect(response.headers.get("cache-control")).toBe("no-store");
    expect(events).toMatchObject([{ type: "click", id: "d-1.top.0.click" }]);
  });

  it("gives the landing page the token, where it asks for it by {clickToken}, and leaves other macros alone", async () => {
    const landingUrl = "https://shop.example/?ad={clickToken}&x=1#{clickToken}";
    const asking = await signTrackingToken({ ...exampleClaims, landingUrl }, await trackingKey);
    const response = await createEdge(500).get("click", asking);
    expect(response.headers.get("location")).toBe(`https://shop.example/?ad=${asking}&x=1#${asking}`);
    const other = await signTrackingToken({ ...exampleClaims, landingUrl: "https://shop.example/{other}" }, await trackingKey);
    expect((await createEdge(500).get("click", other)).headers.get("location")).toBe("https://shop.example/{other}");
  });

  it("hands what happened to be billed, with all that the token says of it", async () => {
    const { get, events, bills } = createEdge(500);
    await get("impression", token);
    await get("click", token);
    expect(bills).toEqual(events.map((event) => ({ claims: exampleClaims, event })));
  });

  it("gives a repeated click the same id, and each slot its own", async () => {
    const { get, events } = createEdge(500);
    await get("click", token);
    await get("click", token);
    await get("click", await signTrackingToken({ ...exampleClaims, slot: 1 }, await trackingKey));
    expect(events.map(({ id }) => id)).toEqual(["d-1.top.0.click", "d-1.top.0.click", "d-1.top.1.click"]);
  });

  it("sends a late click on its way, uncounted and unbilled", async () => {
    const { get, events, bills, metrics } = createEdge(END_MS);
    expect((await get("click", token)).headers.get("location")).toBe(LANDING_URL);
    expect([events, bills]).toEqual([[], []]);
    expect(metrics.render()).toContain('selvedge_tracking_refusals_total{kind="click",reason="token_expired"} 1');
  });

  it("does not count an impression an hour after the decision, while clicks still count", async () => {
    const { get, events, metrics } = createEdge(IMPRESSION_LIFETIME_MS);
    expect((await get("impression", token)).status).toBe(204);
    await get("click", token);
    expect(events).toMatchObject([{ type: "click" }]);
    expect(metrics.render()).toContain('selvedge_tracking_refusals_total{kind="impression",reason="token_expired"} 1');
  });

  it.each<[string, RequestInit]>([
    ["a HEAD request", { method: "HEAD" }],
    ["a prefetch", { headers: { "sec-purpose": "prefetch;prerender" } }],
  ])("does not count or bill %s", async (_, init) => {
    const { get, events, bills, metrics } = createEdge(500);
    expect((await get("click", token, init)).status).toBe(302);
    expect([events, bills]).toEqual([[], []]);
    expect(metrics.render()).toContain('reason="prefetch"} 1');
  });

  it("refuses a forged token, whatever it says", async () => {
    const forged = await signTrackingToken(
      { ...exampleClaims, landingUrl: "https://evil.example/" },
      await importHmacKey("guess"),
    );
    const { get, events, bills, metrics } = createEdge(500);
    const response = await get("click", forged);
    expect([response.status, response.headers.get("location")]).toEqual([400, null]);
    expect(response.headers.get("content-type")).toBe("application/problem+json");
    expect(await response.json()).toMatchObject({ code: "token_forged", path: "token" });
    expect([events, bills]).toEqual([[], []]);
    expect(metrics.render()).toContain('selvedge_tracking_refusals_total{kind="click",reason="token_forged"} 1');
  });

  it("sends the reader on even when the event is lost or the bill fails, and neither takes the other along", async () => {
    const broken = createEdge(500, { sinkIsBroken: true });
    expect((await broken.get("click", token)).status).toBe(302);
    expect(broken.metrics.render()).toContain('selvedge_events_lost_total{reason="sink_failed"} 1');
    expect(broken.bills).toHaveLength(1);
    const unbilled = createEdge(500, { billIsBroken: true });
    expect((await unbilled.get("click", token)).status).toBe(302);
    expect(unbilled.events).toHaveLength(1);
  });
});
