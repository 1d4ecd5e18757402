// DELETE /v1/subjects/{subjectId}/views: forgotten by whoever has a site's key, and by nobody else.
import { env } from "cloudflare:workers";
import { Hono } from "hono";
import { describe, expect, it } from "vitest";
import { createSiteKeyOpener } from "../../../functions/access/site-key.ts";
import { readBindings } from "../../../functions/bindings.ts";
import { createFrequency, type Frequency } from "../../../functions/frequency/frequency.ts";
import { answerProblem } from "../../../functions/routes/problem.ts";
import { subjectRoutes } from "../../../functions/routes/subjects.ts";
import { createMetrics } from "../../../functions/telemetry/metrics.ts";
import { importHmacKey } from "../../../shared/access/signed-text.ts";
import { issueSiteKey, type SiteKeyClaims } from "../../../shared/access/site-key.ts";
import { cappedKey, viewsLeft } from "../../../shared/catalog/views-left.ts";
import type { CodedError } from "../../../shared/schemas/coded-error.ts";

const NOW_MS = Date.UTC(2026, 10, 24, 12);
const CLAIMS: SiteKeyClaims = { siteId: "news", issuedMs: 0, expiresMs: null };
const nowMs = () => NOW_MS;

const counters = createFrequency({
  subjects: readBindings(env).subjectViews,
  subjectKey: importHmacKey("a subject secret"),
  nowMs,
  metrics: createMetrics(),
});

async function show(subjectId: string, requestId: string): Promise<number | undefined> {
  const [key, caps, windowMs] = ["campaign:a", [{ limit: 1, windowMinutes: 60 }], 3_600_000];
  const wanted = { slotCount: 1, windowMs };
  const seen = await counters.hold({ subjectId, requestId, wanted, deadlineMs: NOW_MS + 5000 }, () => {});
  const count = seen ? viewsLeft(cappedKey(key, caps), seen) : 0;
  await counters.settle(subjectId, requestId, [{ key, count, windowMs }]);
  return count;
}

function createEdge(frequency: Pick<Frequency, "forget"> = counters) {
  const openSiteKey = createSiteKeyOpener(importHmacKey("a secret"));
  const app = new Hono()
    .route("/", subjectRoutes({ frequency, openSiteKey, nowMs }))
    .onError((error, context) => answerProblem(context, error as CodedError)); // the route throws no other
  const remove = async (subjectId: string, claims: SiteKeyClaims | null = CLAIMS, secret = "a secret") => {
    const key = claims && (await issueSiteKey(claims, await importHmacKey(secret)));
    const init = { method: "DELETE", ...(key !== null && { headers: { authorization: `Bearer ${key}` } }) };
    return app.request(`/v1/subjects/${encodeURIComponent(subjectId)}/views`, init);
  };
  return { remove };
}

describe("forgetting a subject", () => {
  it("lets its caps begin anew, and those of no other", async () => {
    const subjectId = "reader@example.com/1"; // whatever stands in it
    expect([await show(subjectId, "r1"), await show(subjectId, "r2"), await show("another", "r3")]).toEqual([1, 0, 1]);
    expect((await createEdge().remove(subjectId)).status).toBe(204);
    expect([await show(subjectId, "r4"), await show("another", "r5")]).toEqual([1, 0]);
  });

  it.each<[string, SiteKeyClaims | null, string]>([
    ["site_key_missing", null, "a secret"],
    ["site_key_expired", { ...CLAIMS, expiresMs: NOW_MS }, "a secret"],
    ["site_key_forged", CLAIMS, "a guess"],
  ])("is refused with %s", async (code, claims, secret) => {
    await show("kept", "r1");
    const response = await createEdge().remove("kept", claims, secret);
    expect([response.status, response.headers.get("www-authenticate")]).toEqual([401, "Bearer"]);
    expect(await response.json()).toMatchObject({ code, title: "Unauthorized" });
    expect(await show("kept", `after ${code}`)).toBe(0);
  });

  it("is refused for what cannot be a subject's id", async () => {
    const response = await createEdge().remove("x".repeat(129));
    expect(await response.json()).toMatchObject({ status: 422, code: "too_big", path: "subjectId" });
  });

  it("says that it must be sent again where the counters cannot be reached", async () => {
    const response = await createEdge({ forget: () => Promise.reject(new Error("unreachable")) }).remove("reader");
    expect(await response.json()).toMatchObject({ status: 503, code: "counters_unavailable" });
  });
});
