// POST /v1/events: 202 only when all are safe, and nothing half-accepted.
import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { Hono } from "hono";
import { describe, expect, it } from "vitest";
import type { Outcome } from "../../../functions/events/outcomes.ts";
import { CONVERSION_LIFETIME_MS, signTrackingToken } from "../../../functions/events/tracking-token.ts";
import { eventRoutes } from "../../../functions/routes/events.ts";
import { answerProblem } from "../../../functions/routes/problem.ts";
import { createMetrics } from "../../../functions/telemetry/metrics.ts";
import { importHmacKey } from "../../../shared/access/signed-text.ts";
import type { CodedError } from "../../../shared/schemas/coded-error.ts";
import type { Event } from "../../../shared/schemas/events.ts";
import { exampleClaims } from "../events/example-claims.ts";
import { conversion } from "../events/example-events.ts";

const trackingKey = importHmacKey("a secret");
const token = await signTrackingToken({ ...exampleClaims, slot: 2 }, await trackingKey);

function createEdge({ sinkIsBroken = false, nowMs = 1000 } = {}) {
  const events: Event[] = [];
  const bills: Outcome[] = [];
  const billOutcome = async (outcome: Outcome) => void bills.push(outcome);
  const write = async (some: readonly Event[]) => {
    if (sinkIsBroken) throw new Error("the queue is down");
    events.push(...some);
  };
  const metrics = createMetrics();
  const app = new Hono()
    .route("/", eventRoutes({ sink: { write }, trackingKey, billOutcome, nowMs: () => nowMs, metrics }))
    .onError((error, context) => answerProblem(context, error as CodedError)); // the route throws no other
  const post = async (body: string, contentType = "application/json") => {
    const context = createExecutionContext();
    const init = { method: "POST", body, headers: { "content-type": contentType } };
    const response = await app.request("/v1/events", init, {}, context);
    await waitOnExecutionContext(context);
    return response;
  };
  return { post, events, bills, metrics };
}

const bodyOf = (...events: unknown[]) => JSON.stringify({ events });

describe("POST /v1/events", () => {
  it.each(["application/json", "text/plain;charset=UTF-8"])("accepts conversions sent as %s", async (contentType) => {
    const { post, events, bills, metrics } = createEdge();
    const response = await post(bodyOf(conversion(1), conversion(2)), contentType);
    expect(bills).toEqual([]);
    expect(response.status).toBe(202);
    expect(await response.json()).toEqual({ accepted: 2 });
    expect(events).toEqual([conversion(1), conversion(2)]);
    expect(metrics.render()).toContain('selvedge_events_accepted_total{type="conversion"} 2');
  });

  it("says that all must be sent again when the queue does not take them", async () => {
    const { post, metrics } = createEdge({ sinkIsBroken: true });
    const response = await post(bodyOf(conversion(1)));
    expect(response.status).toBe(503);
    expect(await response.json()).toMatchObject({ code: "queue_unavailable" });
    expect(metrics.render()).not.toContain("selvedge_events_accepted_total{");
  });

  it("accepts none when one is wrong, and says which field", async () => {
    const { post, events } = createEdge();
    const response = await post(bodyOf(conversion(1), { ...conversion(2), timeMs: -1, id: "" }));
    expect(response.status).toBe(422);
    expect(await response.json()).toMatchObject({
      problems: expect.arrayContaining([
        expect.objectContaining({ path: "events[1].timeMs" }),
        expect.objectContaining({ path: "events[1].id" }),
      ]),
    });
    expect(events).toEqual([]);
  });

  it.each<[string, string, string, number, string]>([
    ["broken JSON", "{", "application/json", 400, "json_malformed"],
    ["another media type", bodyOf(conversion(1)), "application/xml", 415, "content_type_unsupported"],
    ["no events", bodyOf(), "application/json", 422, "too_small"],
    [
      "1,001 events",
      bodyOf(...Array.from({ length: 1001 }, (_, index) => conversion(index))),
      "application/json",
      422,
      "too_big",
    ],
    ["10 MB", " ".repeat(10_000_000), "application/json", 413, "body_too_large"],
    ["somebody else's click", bodyOf({ ...conversion(1), type: "click" }), "application/json", 422, "invalid_value"],
  ])("refuses %s", async (_, body, contentType, status, code) => {
    const { post, events } = createEdge();
    const response = await post(body, contentType);
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ status, code });
    expect(events).toEqual([]);
  });
});

describe("a conversion with the token of its click", () => {
  const sent = { type: "conversion", id: "order-7", timeMs: 5, valueMicros: 9_990_000, token };
  const { decisionId: _, placementId: __, ...unplaced } = conversion(1);

  it("is of the click's decision, placement and slot, and is handed to be billed", async () => {
    const { post, events, bills } = createEdge();
    expect((await post(bodyOf(sent, conversion(1)))).status).toBe(202);
    const event = {
      type: "conversion",
      id: "order-7",
      timeMs: 5,
      valueMicros: 9_990_000,
      decisionId: "d-1",
      placementId: "top",
      slot: 2,
    };
    expect(events).toEqual([event, conversion(1)]);
    expect(bills).toEqual([{ event, claims: { ...exampleClaims, slot: 2 } }]);
  });

  it("goes by the token where the sender says something else", async () => {
    const { post, events } = createEdge();
    await post(bodyOf({ ...sent, decisionId: "d-9", placementId: "bottom", slot: 5 }));
    expect(events).toMatchObject([{ decisionId: "d-1", placementId: "top", slot: 2 }]);
  });

  it("counts clicks' conversions long after the click's own end, and later ones are recorded but not billed", async () => {
    const inTime = createEdge({ nowMs: CONVERSION_LIFETIME_MS - 1 });
    await inTime.post(bodyOf(sent));
    expect([inTime.events.length, inTime.bills.length]).toEqual([1, 1]);
    const late = createEdge({ nowMs: CONVERSION_LIFETIME_MS });
    expect((await late.post(bodyOf(sent))).status).toBe(202);
    expect([late.events.length, late.bills.length]).toEqual([1, 0]);
    expect(late.metrics.render()).toContain('selvedge_tracking_refusals_total{kind="conversion",reason="token_expired"} 1');
  });

  it("is billed only once the queue has it", async () => {
    const { post, bills } = createEdge({ sinkIsBroken: true });
    expect((await post(bodyOf(sent))).status).toBe(503);
    expect(bills).toEqual([]);
  });

  it.each([
    ["a forged token", `${token.slice(0, -2)}AA`, 400, "token_forged"],
    ["no token at all", "what is this", 400, "token_malformed"],
  ])("is refused with %s, and all that came with it", async (_, wrong, status, code) => {
    const { post, events, bills } = createEdge();
    const response = await post(bodyOf(conversion(1), { ...sent, token: wrong }));
    expect(await response.json()).toMatchObject({ status, code, path: "events[1].token" });
    expect([events, bills]).toEqual([[], []]);
  });

  it("may be left out by who says the decision and the placement", async () => {
    const response = await createEdge().post(bodyOf(unplaced));
    expect(await response.json()).toMatchObject({ status: 422, code: "invalid_type", path: "events[0].decisionId" });
  });
});
