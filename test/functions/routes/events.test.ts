// POST /v1/events: 202 only when all are safe, and nothing half-accepted.
import { Hono } from "hono";
import { describe, expect, it } from "vitest";
import { eventRoutes } from "../../../functions/routes/events.ts";
import { answerProblem } from "../../../functions/routes/problem.ts";
import { createMetrics } from "../../../functions/telemetry/metrics.ts";
import type { CodedError } from "../../../shared/schemas/coded-error.ts";
import type { Event } from "../../../shared/schemas/events.ts";
import { conversion } from "../events/example-events.ts";

function createEdge(sinkIsBroken = false) {
  const events: Event[] = [];
  const write = async (some: readonly Event[]) => {
    if (sinkIsBroken) throw new Error("the queue is down");
    events.push(...some);
  };
  const metrics = createMetrics();
  const app = new Hono()
    .route("/", eventRoutes({ sink: { write }, metrics }))
    .onError((error, context) => answerProblem(context, error as CodedError)); // the route throws no other
  const post = (body: string, contentType = "application/json") =>
    app.request("/v1/events", { method: "POST", body, headers: { "content-type": contentType } });
  return { post, events, metrics };
}

const bodyOf = (...events: unknown[]) => JSON.stringify({ events });

describe("POST /v1/events", () => {
  it.each(["application/json", "text/plain;charset=UTF-8"])("accepts conversions sent as %s", async (contentType) => {
    const { post, events, metrics } = createEdge();
    const response = await post(bodyOf(conversion(1), conversion(2)), contentType);
    expect(response.status).toBe(202);
    expect(await response.json()).toEqual({ accepted: 2 });
    expect(events).toEqual([conversion(1), conversion(2)]);
    expect(metrics.render()).toContain('selvedge_events_accepted_total{type="conversion"} 2');
  });

  it("says that all must be sent again when the queue does not take them", async () => {
    const { post, metrics } = createEdge(true);
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
