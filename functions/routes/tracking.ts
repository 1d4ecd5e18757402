// GET /v1/track/impression/:token and /v1/track/click/:token: what happened to an ad that we chose, told by URLs that we signed.
import type { Context } from "hono";
import { Hono } from "hono/tiny";
import { CodedError } from "../../shared/schemas/coded-error.ts";
import { type Event, outcomeEventId } from "../../shared/schemas/events.ts";
import { recordEvents } from "../events/record-events.ts";
import type { EventSink } from "../events/sink.ts";
import { openTrackingToken, type TokenFailure, type TrackingPayload } from "../events/tracking-token.ts";
import type { Metrics } from "../telemetry/metrics.ts";

/** Why a tracking request counts for nothing. */
export type TrackingRefusal = TokenFailure | "token_kind_wrong" | "prefetch";

export interface TrackingDependencies {
  readonly sink: EventSink;
  readonly trackingKey: CryptoKey | Promise<CryptoKey>;
  readonly nowMs: () => number;
  readonly metrics: Pick<Metrics, "eventsAccepted" | "eventsLost" | "trackingRefusals">;
}

export function trackingRoutes(dependencies: TrackingDependencies) {
  return new Hono()
    .get("/v1/track/impression/:token", async (context) => {
      await track(context, "impression", dependencies);
      return context.body(null, 204, { "cache-control": "no-store" });
    })
    .get("/v1/track/click/:token", async (context) => {
      const { landingUrl } = await track(context, "click", dependencies);
      context.header("cache-control", "no-store");
      return context.redirect(landingUrl, 302);
    });
}

/**
 * Records the event of an authentic token behind the response, and gives back what the token says. One that is late, or that nobody
 * has looked at yet, is authentic but not recorded. Throws `CodedError` for all others: nobody is sent where we did not say.
 */
async function track<Kind extends TrackingPayload["kind"]>(
  context: Context,
  kind: Kind,
  { trackingKey, nowMs, metrics, sink }: TrackingDependencies,
): Promise<Extract<TrackingPayload, { kind: Kind }>> {
  const now = nowMs();
  const { payload, failure } = await openTrackingToken(context.req.param("token") ?? "", await trackingKey, now);
  const refusal = failure ?? (payload.kind === kind ? findPrefetch(context.req.raw) : "token_kind_wrong");
  if (refusal) metrics.trackingRefusals.add({ kind, reason: refusal });
  if (!isKind(payload, kind)) {
    throw new CodedError(
      refusal ?? "token_kind_wrong",
      "token",
      `not a ${kind} URL that we signed; use it as the decision gave it`,
    );
  }
  if (!refusal) context.executionCtx.waitUntil(recordEvents([toEvent(payload, now)], { sink, metrics }));
  return payload;
}

function isKind<Kind extends TrackingPayload["kind"]>(
  payload: TrackingPayload | null,
  kind: Kind,
): payload is Extract<TrackingPayload, { kind: Kind }> {
  return payload?.kind === kind;
}

/** Link checkers ask with HEAD and browsers may fetch ahead: neither is a person. */
function findPrefetch(request: Request): "prefetch" | null {
  const ahead = request.headers.get("sec-purpose")?.startsWith("prefetch") || request.headers.get("purpose") === "prefetch";
  return request.method === "HEAD" || ahead ? "prefetch" : null;
}

function toEvent({ kind, decisionId, placementId, creativeId }: TrackingPayload, timeMs: number): Event {
  return { type: kind, id: outcomeEventId(decisionId, placementId, kind), timeMs, decisionId, placementId, creativeId };
}
