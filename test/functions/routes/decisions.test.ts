// POST /v1/decisions inside workerd: what it answers and records, what it refuses, and that it never fails.
import { describe, expect, it } from "vitest";
import { indexCatalog } from "../../../functions/catalog/catalog-index.ts";
import { openTrackingToken } from "../../../functions/events/tracking-token.ts";
import { importHmacKey } from "../../../shared/access/signed-text.ts";
import { issueSiteKey } from "../../../shared/access/site-key.ts";
import { parse } from "../../../shared/schemas/coded-error.ts";
import { DecisionResponse } from "../../../shared/schemas/decisions.ts";
import { creativeOf, FLIGHT, SIZE, smallCatalog } from "../../small-catalog.ts";
import { CATALOG, catalogWith, MODEL } from "../decision/example-market.ts";
import { createEdge, creativesOf, NOW_MS, problemOf, siteKeySecret, trackingKey } from "../edge.ts";

const arms = [{ id: "only", weight: 1 }];
const experiment = { id: "e", status: "active", hashVersion: 1, seed: "s", coverage: 10_000, arms };
const catalog = indexCatalog({ ...CATALOG, experiments: [experiment] });

describe("POST /v1/decisions", () => {
  it("answers with the creative and URLs that are ours, and records behind the response", async () => {
    const { post, events, metrics } = createEdge({ catalog });
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

const keyOf = async (siteId: string, expiresMs: number | null, secret = siteKeySecret) =>
  issueSiteKey({ siteId, issuedMs: NOW_MS - 1000, expiresMs }, await secret);
const [news, blog, old, guessed] = await Promise.all([
  keyOf("news", NOW_MS + 1),
  keyOf("blog", null),
  keyOf("news", NOW_MS),
  keyOf("news", null, importHmacKey("a guess")),
]);
const KEYS = { news, blog, old, guessed, changed: blog.slice(0, blog.lastIndexOf(".")) + news.slice(news.lastIndexOf(".")) };

describe("a site's placements", () => {
  const sites = ["news", "blog"].map((id) => ({ id, domain: `${id}.example` }));
  const placements = [
    { id: "top", siteId: "news", sizes: [SIZE] },
    { id: "aside", siteId: "blog", sizes: [SIZE] },
    { id: "open", sizes: [SIZE] },
  ];
  const ofSites = catalogWith(
    smallCatalog({ sites, placements, creatives: [creativeOf("c1"), creativeOf("c2"), creativeOf("c3")] }),
  );

  it.each<[number, string, string, string, string]>([
    [401, "site_key_missing", "placements[1].id", "no key", ""],
    [401, "site_key_malformed", "", "something else", "Bearer hello"],
    [401, "site_key_forged", "", "a key of another secret", `Bearer ${KEYS.guessed}`],
    [401, "site_key_forged", "", "a key with other claims", `Bearer ${KEYS.changed}`],
    [401, "site_key_expired", "", "an old key", `Bearer ${KEYS.old}`],
    [403, "site_key_wrong_site", "placements[1].id", "another site's key", `Bearer ${KEYS.blog}`],
  ])("are refused with %i %s at '%s' to %s", async (status, code, path, _, authorization) => {
    const edge = createEdge({ catalog: ofSites });
    const headers = { "content-type": "application/json", ...(authorization && { authorization }) };
    const body = JSON.stringify({ placements: [{ id: "open" }, { id: "top" }] });
    const response = await edge.send("/v1/decisions", { method: "POST", headers, body });
    expect([response.status, await problemOf(response)]).toMatchObject([status, { status, code, path }]);
    expect(response.headers.get("www-authenticate")).toBe(status === 401 ? "Bearer" : null);
    expect(edge.events).toEqual([]);
  });

  it("are for who has its key, in the header or in the address, and those of no site for everybody", async () => {
    const edge = createEdge({ catalog: ofSites });
    const both = { placements: [{ id: "top" }, { id: "open" }] };
    expect(creativesOf(await edge.decide(both, "", { authorization: `Bearer ${KEYS.news}` }))).toHaveLength(2);
    expect(creativesOf(await edge.decide(both, `?key=${KEYS.news}`))).toHaveLength(2);
    expect(creativesOf(await edge.decide({ placements: [{ id: "open" }] }))).toHaveLength(1);
  });
});

describe("when budgets are spent", () => {
  const budget = { totalMicros: 1_000_000, dailyMicros: null, pacing: "as-fast-as-possible" as const };
  const price = { model: "cpm" as const, bidMicros: 1_000_000_000 };
  const sold = (creatives: string[]) =>
    catalogWith(
      smallCatalog({
        tiers: [
          { id: "standard", selection: "auction" },
          { id: "house", selection: "weighted" },
        ],
        campaigns: ["campaign", "spent"].map((id) => {
          const own = {
            id: id === "spent" ? `spent-${creatives.length}` : id,
            advertiserId: "advertiser",
            status: "active" as const,
          };
          return id === "spent" ? { ...own, budget } : own;
        }),
        flights: [
          { ...FLIGHT, id: "paid", campaignId: `spent-${creatives.length}`, price },
          { ...FLIGHT, id: "house", tierId: "house", price: { model: "cpm", bidMicros: 0 } },
        ],
        creatives: creatives.map((id) => creativeOf(id, { flightId: id })),
        placements: [{ id: "top", sizes: [SIZE], floorMicros: 1000 }],
      }),
    );
  const ask = { placements: [{ id: "top" }] };

  it("the house fills the placement", async () => {
    const edge = createEdge({ catalog: sold(["paid", "house"]) });
    const decisions = [await edge.decide(ask), await edge.decide(ask)];
    expect(decisions.map(creativesOf)).toEqual([["paid"], ["house"]]);
    expect(decisions[1]?.placements).toMatchObject([
      { noServe: null, fallback: null, creatives: [{ price: { model: "cpm", micros: 0 } }] },
    ]);
  });

  it("and nobody is left, the answer is empty and says why", async () => {
    const edge = createEdge({ catalog: sold(["paid"]) });
    await edge.decide(ask);
    expect((await edge.decide(ask)).placements).toEqual([
      { placementId: "top", creatives: [], fallback: null, noServe: "all_candidates_dropped" },
    ]);
    expect(edge.metrics.render()).toContain('selvedge_no_serves_total{reason="all_candidates_dropped"} 1');
    expect(edge.metrics.render()).toContain('selvedge_dropped_candidates_total{reason="budget_exhausted"} 1');
  });
});
