// The admin API over the real D1: who may, what is refused, and that no edit is ever lost.
import { exports } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { ask, create, emptyCatalog, etagOf, outcomeOf, remove, replace } from "../../admin/admin-client.ts";
import { exampleCatalog } from "../../admin/example-catalog.ts";

const catalog = exampleCatalog();
const [advertiser, campaign, flight, creative] = [
  catalog.advertisers[0],
  catalog.campaigns[0],
  catalog.flights[0],
  catalog.creatives[0],
];
const { task, conversionTask, policy, auction, tiers } = catalog;
const SETTINGS = { task, conversionTask, policy, auction, tiers };

beforeEach(emptyCatalog);

async function createChain(): Promise<void> {
  expect(await outcomeOf(create("/advertisers/shoemaker", advertiser))).toBe("201");
  expect(await outcomeOf(create("/campaigns/spring", campaign))).toBe("201");
  expect(await outcomeOf(create("/flights/week", flight))).toBe("201");
  expect(await outcomeOf(create("/creatives/shoe", creative))).toBe("201");
}

describe("who may", () => {
  it.each<[string, string, Record<string, string>]>([
    ["nobody without a key", "401 admin_key_missing authorization", { authorization: "" }],
    ["nobody with another scheme", "401 admin_key_missing authorization", { authorization: "Basic bG9jYWwtYWRtaW4=" }],
    ["nobody with a wrong key", "401 admin_key_wrong authorization", { authorization: "Bearer local-admin2" }],
    ["nobody with a part of a key", "401 admin_key_wrong authorization", { authorization: "Bearer local-admi" }],
    [
      "nobody with the hash of a key",
      "401 admin_key_wrong authorization",
      { authorization: "Bearer 8aa203921e9b2adba121fbbe07504a30a9c1a647dd4961c1a355947280016649" },
    ],
    ["whoever has a key", "200", { authorization: "bearer local-admin" }],
  ])("%s", async (_, outcome, headers) => {
    for (const path of ["/campaigns", "/audit"]) expect(await outcomeOf(ask("GET", path, { headers }))).toBe(outcome);
  });

  it("asks for the key before it says anything else, and lets no other site's page see an answer", async () => {
    const response = await ask("PUT", "/nothing/x", { body: "{", headers: { authorization: "" } });
    expect(await outcomeOf(response)).toBe("401 admin_key_missing authorization");
    const preflight = await ask("OPTIONS", "/campaigns", { headers: { origin: "https://evil.example", authorization: "" } });
    for (const { headers } of [
      response,
      preflight,
      await ask("GET", "/campaigns", { headers: { origin: "https://evil.example" } }),
    ]) {
      expect(headers.get("access-control-allow-origin")).toBeNull();
      expect(headers.get("cache-control")).toBe("no-store");
    }
  });

  it("knows its routes", async () => {
    expect(await outcomeOf(ask("GET", "/nothing"))).toBe("404 route_unknown");
    expect(await outcomeOf(ask("POST", "/campaigns"))).toBe("404 route_unknown");
    expect(await outcomeOf(ask("GET", "/constructor"))).toBe("404 route_unknown");
    expect(await outcomeOf(ask("GET", "/campaigns/nothing"))).toBe("404 entity_unknown id");
  });
});

describe("editing", () => {
  it("gives back what was stored, standard values included, under its revision", async () => {
    await createChain();
    const response = await ask("GET", "/creatives/shoe");
    expect(await response.json()).toEqual(creative);
    const { results } = await listed("/creatives");
    expect(results).toMatchObject([{ id: "shoe", document: creative }]);
    expect(etagOf(response)).toBe(`"${results[0]?.revision}"`);
  });

  it("replaces exactly what was seen: of two editors the second one hears of the first, and nothing is lost", async () => {
    await createChain();
    const seen = etagOf(await ask("GET", "/campaigns/spring"));
    const first = await replace("/campaigns/spring", seen, { ...campaign, status: "paused" });
    expect([first.status, await first.clone().json()]).toMatchObject([200, { status: "paused" }]);
    const second = await replace("/campaigns/spring", seen, { ...campaign, timeZone: "UTC" });
    expect(etagOf(second)).toBe(etagOf(first));
    expect(await outcomeOf(second)).toBe("412 revision_conflict if-match");
    const again = await replace("/campaigns/spring", etagOf(second), { ...campaign, status: "paused", timeZone: "UTC" });
    expect(again.status).toBe(200);
    expect(await (await ask("GET", "/campaigns/spring")).json()).toMatchObject({ status: "paused", timeZone: "UTC" });
  });

  it("lets exactly one of many at the same moment win, and logs that one alone", async () => {
    await createChain();
    const seen = etagOf(await ask("GET", "/campaigns/spring"));
    const zones = ["UTC", "Europe/Paris", "Asia/Tokyo", "America/New_York", "Africa/Cairo", "Australia/Sydney"];
    const outcomes = await Promise.all(
      zones.map((timeZone) => outcomeOf(replace("/campaigns/spring", seen, { ...campaign, timeZone }))),
    );
    expect(outcomes.filter((outcome) => outcome === "200")).toHaveLength(1);
    expect(outcomes.filter((outcome) => outcome === "412 revision_conflict if-match")).toHaveLength(zones.length - 1);
    const winner = zones[outcomes.indexOf("200")];
    const { items } = await (await ask("GET", "/audit?kind=campaigns&id=spring&limit=2")).json<Log>();
    expect(items).toMatchObject([
      { actor: "test", action: "replace", before: campaign, after: { ...campaign, timeZone: winner } },
      { action: "create", before: null, after: campaign },
    ]);
  });

  it("creates once", async () => {
    const outcomes = await Promise.all([1, 2, 3].map(() => outcomeOf(create("/advertisers/shoemaker", advertiser))));
    expect(outcomes.sort()).toEqual(["201", "412 revision_conflict if-match", "412 revision_conflict if-match"]);
  });

  it("never gives a revision twice, so that an old one fits nothing new", async () => {
    const first = etagOf(await create("/advertisers/shoemaker", advertiser));
    expect(await outcomeOf(remove("/advertisers/shoemaker", first))).toBe("204");
    await create("/advertisers/shoemaker", advertiser);
    expect(await outcomeOf(replace("/advertisers/shoemaker", first, advertiser))).toBe("412 revision_conflict if-match");
    expect(await outcomeOf(remove("/advertisers/shoemaker", first))).toBe("412 revision_conflict if-match");
  });

  it("wants to know on top of what", async () => {
    await createChain();
    const put = (headers: Record<string, string>) => outcomeOf(ask("PUT", "/campaigns/spring", { body: campaign, headers }));
    expect(await put({})).toBe("428 precondition_required if-match");
    expect(await outcomeOf(ask("DELETE", "/campaigns/spring", { headers: { "if-none-match": "*" } }))).toBe(
      "428 precondition_required if-match",
    );
    for (const tag of ["*", "7", '"x"', '"1", "2"', ""]) expect(await put({ "if-match": tag })).toMatch(/^4\d\d precondition_/);
    expect(await put({ "if-match": `W/${etagOf(await ask("GET", "/campaigns/spring"))}` })).toBe("200");
    expect(await outcomeOf(replace("/campaigns/autumn", '"1"', { ...campaign, id: "autumn" }))).toBe(
      "412 revision_conflict if-match",
    );
  });

  it("holds children and parents together", async () => {
    expect(await outcomeOf(create("/campaigns/spring", campaign))).toBe("422 advertiser_unknown advertiserId");
    await createChain();
    const etag = etagOf(await ask("GET", "/campaigns/spring"));
    expect(await outcomeOf(remove("/campaigns/spring", etag))).toBe("409 entity_in_use id");
    expect(await outcomeOf(replace("/campaigns/spring", etag, { ...campaign, advertiserId: "nobody" }))).toBe(
      "422 advertiser_unknown advertiserId",
    );
    const { items } = await (await ask("GET", "/audit?kind=campaigns&id=spring")).json<Log>();
    expect(items[0]).toMatchObject({ action: "create" }); // what was refused left no line
    for (const path of ["/creatives/shoe", "/flights/week", "/campaigns/spring"]) {
      expect(await outcomeOf(remove(path, etagOf(await ask("GET", path))))).toBe("204");
    }
    expect(await outcomeOf(ask("GET", "/campaigns/spring"))).toBe("404 entity_unknown id");
  });

  it.each<[string, string, unknown]>([
    ["422 url_scheme_refused landingUrl", "/creatives/shoe", { ...creative, landingUrl: "javascript:alert(1)" }],
    ["422 url_credentials_refused landingUrl", "/creatives/shoe", { ...creative, landingUrl: "https://a:b@shop.example/" }],
    ["422 macro_unknown landingUrl", "/creatives/shoe", { ...creative, landingUrl: "https://shop.example/{price}" }],
    [
      "422 url_scheme_refused content.imageUrl",
      "/creatives/shoe",
      { ...creative, content: { kind: "image", widthPx: 1, heightPx: 1, imageUrl: "data:image/png;base64,AAAA" } },
    ],
    [
      "422 markup_refused content.html",
      "/creatives/shoe",
      { ...creative, content: { kind: "html", widthPx: 1, heightPx: 1, html: "<img src=x onerror=alert(1)>" } },
    ],
    ["422 invalid_type flightId", "/creatives/shoe", { ...creative, flightId: 7 }],
    ["422 id_mismatch id", "/creatives/other", creative],
    ["422 time_zone_unknown timeZone", "/campaigns/spring", { ...campaign, timeZone: "Mars/Olympus" }],
    ["422 flight_empty endMs", "/flights/week", { ...flight, startMs: 2, endMs: 1 }],
    ["422 invalid_type", "/campaigns/spring", []],
    ["400 json_malformed", "/campaigns/spring", "{"],
    ["413 body_too_large", "/campaigns/spring", `"${"x".repeat(1_000_001)}"`],
    ["422 unrecognized_keys tears", "/settings", { ...SETTINGS, tears: [] }],
  ])("refuses with %s for %s", async (outcome, path, body) => {
    expect(await outcomeOf(create(path, body))).toBe(outcome);
  });

  it("stores HTML as it will be served", async () => {
    await createChain();
    const content = { kind: "html", widthPx: 300, heightPx: 250, html: "<P data-x=1>a<!-- b --></P>" };
    const stored = await (
      await replace("/creatives/shoe", etagOf(await ask("GET", "/creatives/shoe")), { ...creative, content })
    ).json();
    expect(stored).toMatchObject({ content: { html: "<p>a</p>" } });
  });

  it("keeps the settings as one", async () => {
    const first = await create("/settings", SETTINGS);
    expect([first.status, await (await ask("GET", "/settings")).json()]).toEqual([201, SETTINGS]);
    const second = await replace("/settings", etagOf(first), { ...SETTINGS, policy: { name: "random" } });
    expect(await second.json()).toMatchObject({ policy: { name: "random" } });
  });
});

interface Log {
  readonly items: readonly Record<string, unknown>[];
  readonly next: number | null;
}

async function listed(path: string) {
  const { items, next } = await (await ask("GET", path)).json<{
    items: { id: string; revision: number }[];
    next: string | null;
  }>();
  return { results: items, next };
}

describe("listing", () => {
  it("goes from page to page, and by parent", async () => {
    await createChain();
    for (const id of ["a", "b", "c"]) await create(`/campaigns/${id}`, { ...campaign, id });
    const first = await listed("/campaigns?limit=3");
    expect([first.results.map(({ id }) => id), first.next]).toEqual([["a", "b", "c"], "c"]);
    const second = await listed("/campaigns?limit=3&after=c");
    expect([second.results.map(({ id }) => id), second.next]).toEqual([["spring"], null]);
    expect((await listed("/flights?parentId=spring")).results).toHaveLength(1);
    expect((await listed("/flights?parentId=a")).results).toHaveLength(0);
    expect(await outcomeOf(ask("GET", "/campaigns?limit=0"))).toBe("422 too_small limit");
    expect(await outcomeOf(ask("GET", "/campaigns?limit=x"))).toMatch(/^422 \S+ limit$/);
  });

  it("keeps a log that goes back line by line and cannot be changed", async () => {
    await createChain();
    const newest = await (await ask("GET", "/audit?limit=2")).json<Log>();
    expect(newest.items.map(({ kind, id, actor }) => [kind, id, actor])).toEqual([
      ["creatives", "shoe", "test"],
      ["flights", "week", "test"],
    ]);
    const older = await (await ask("GET", `/audit?limit=2&before=${newest.next}`)).json<Log>();
    expect(older.items.map(({ id }) => id)).toEqual(["spring", "shoemaker"]);
  });
});

describe("the OpenAPI document", () => {
  it("names every kind", async () => {
    const response = await exports.default.fetch("http://edge.test/admin/openapi.json");
    const { paths, components } = await response.json<{ paths: object; components: { schemas: object } }>();
    expect(Object.keys(paths)).toEqual(
      expect.arrayContaining(["/admin/v1/flights/{id}", "/admin/v1/settings", "/admin/v1/import"]),
    );
    expect(Object.keys(components.schemas)).toEqual(expect.arrayContaining(["creatives", "Catalog", "settings"]));
  });
});
