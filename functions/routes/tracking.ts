// GET /v1/track/impression/:token and /v1/track/click/:token: what happened to an ad that we chose, told by URLs that we signed.
import type { Context } from "hono";
import { Hono } from "hono/tiny";
import { CodedError } from "../../shared/schemas/coded-error.ts";
import { outcomeEventId } from "../../shared/schemas/events.ts";
import { expandUrl } from "../decision/macros.ts";
import { type Outcome, type OutcomeDependencies, settleOutcome } from "../events/outcomes.ts";
import { openTrackingToken, type TokenFailure, type TrackingClaims } from "../events/tracking-token.ts";
import type { Metrics } from "../telemetry/metrics.ts";

/** Why a tracking request counts for nothing. */
export type TrackingRefusal = TokenFailure | "prefetch";

export interface TrackingDependencies extends OutcomeDependencies {
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
      // The landing URL is inside the token, so that the token can only be put into it now. Conversions come back with it.
      return context.redirect(expandUrl(landingUrl, { clickToken: context.req.param("token") }), 302);
    });
}

/**
 * Settles the outcome of an authentic token behind the response, and gives back what the token says. One that is late, or that nobody
 * has looked at yet, is authentic but does not count. Throws `CodedError` for all others: nobody is sent where we did not say.
 */
async function track(
  context: Context,
  kind: "impression" | "click",
  dependencies: TrackingDependencies,
): Promise<TrackingClaims> {
  const { trackingKey, nowMs, metrics } = dependencies;
  const now = nowMs();
  const { claims, failure } = await openTrackingToken(context.req.param("token") ?? "", kind, await trackingKey, now);
  const refusal: TrackingRefusal | null = failure ?? findPrefetch(context.req.raw);
  if (refusal) metrics.trackingRefusals.add({ kind, reason: refusal });
  if (!claims) throw new CodedError(failure, "token", "not a URL that we signed; use it as the decision gave it");
  if (!refusal) context.executionCtx.waitUntil(settleOutcome({ claims, event: toEvent(kind, claims, now) }, dependencies));
  return claims;
}

/** Link checkers ask with HEAD and browsers may fetch ahead: neither is a person. */
function findPrefetch(request: Request): "prefetch" | null {
  const ahead = request.headers.get("sec-purpose")?.startsWith("prefetch") || request.headers.get("purpose") === "prefetch";
  return request.method === "HEAD" || ahead ? "prefetch" : null;
}

function toEvent(
  type: "impression" | "click",
  { decisionId, placementId, slot, creativeId }: TrackingClaims,
  timeMs: number,
): Outcome["event"] {
  return { type, id: outcomeEventId(decisionId, placementId, slot, type), timeMs, decisionId, placementId, slot, creativeId };
}
