// The catalog as a whole over the real D1: out and in again, all or nothing, and never over a change that nobody has seen.
import { beforeEach, describe, expect, it } from "vitest";
import type { Catalog } from "../../../../shared/catalog/catalog.ts";
import { ask, create, db, emptyCatalog, etagOf, outcomeOf } from "../../admin/admin-client.ts";
import { exampleCatalog } from "../../admin/example-catalog.ts";

const catalog = exampleCatalog();

beforeEach(emptyCatalog);

const importAt = (etag: string, body: unknown) => ask("POST", "/import", { body, headers: { "if-match": etag } });

/** Whatever is there: an answer to a conflict carries the revision. */
const revisionNow = async () => etagOf(await importAt('"999999999"', catalog));

async function importWhole(body: unknown = catalog): Promise<Response> {
  const response = await importAt(await revisionNow(), body);
  expect(response.status).toBe(200);
  return response;
}

describe("import and export", () => {
  it("are each other's reverse", async () => {
    const imported = await importWhole();
    expect(await imported.json()).toMatchObject({ written: 7, deleted: 0 });
    const exported = await ask("GET", "/export");
    expect(etagOf(exported)).toBe(etagOf(imported));
    expect(await exported.json()).toEqual(catalog);
    expect(await (await importAt(etagOf(exported), catalog)).json()).toMatchObject({ written: 0, deleted: 0 });
    expect(await revisionNow()).toBe(etagOf(exported));
  });

  it("change what differs, in one step, and leave the rest at its revision", async () => {
    await importWhole();
    const before = etagOf(await ask("GET", "/flights/week"));
    const [campaign] = catalog.campaigns;
    const [creative] = catalog.creatives;
    const changed = {
      ...catalog,
      campaigns: [
        { ...campaign, id: "autumn" },
        { ...campaign, status: "paused" },
      ],
      creatives: [],
      placements: [],
      sites: [],
    };
    expect(await (await importWhole(changed)).json()).toMatchObject({ written: 2, deleted: 3 });
    expect(await (await ask("GET", "/export")).json()).toEqual(changed);
    expect(etagOf(await ask("GET", "/flights/week"))).toBe(before);
    const { items } = await (await ask("GET", "/audit?kind=creatives&id=shoe&limit=1")).json<{ items: object[] }>();
    expect(items).toMatchObject([{ actor: "test", action: "import", before: creative, after: null }]);
  });

  it("move a child to another parent while the old one goes", async () => {
    await importWhole();
    const advertisers = [{ ...catalog.advertisers[0], id: "cobbler" }];
    const campaigns = [{ ...catalog.campaigns[0], advertiserId: "cobbler" }];
    const moved = { ...catalog, advertisers, campaigns };
    await importWhole(moved);
    expect(await (await ask("GET", "/export")).json()).toEqual(moved);
  });

  it("take a catalog of the size of a network in one transaction", async () => {
    const [flight] = catalog.flights;
    const flights = Array.from({ length: 3000 }, (_, index) => ({ ...flight, id: `flight-${String(index).padStart(4, "0")}` }));
    const html = `<p>${"é".repeat(50_000)}</p>`;
    const creatives = Array.from({ length: 20 }, (_, index) => ({
      ...catalog.creatives[0],
      id: `creative-${String(index).padStart(2, "0")}`,
      flightId: "flight-0000",
      content: { kind: "html", widthPx: 1, heightPx: 1, html },
    }));
    const large = { ...catalog, flights, creatives };
    expect(await (await importWhole(large)).json()).toMatchObject({ written: 3025 });
    expect(await (await ask("GET", "/export")).json()).toEqual(large);
  });

  it("conflict with every change that was not seen, also of those at the same moment", async () => {
    await importWhole();
    const seen = etagOf(await ask("GET", "/export"));
    await create("/sites/other", { id: "other", domain: "other.example" });
    expect(await outcomeOf(importAt(seen, { ...catalog, creatives: [] }))).toBe("412 revision_conflict if-match");
    expect(await outcomeOf(ask("POST", "/import", { body: catalog }))).toBe("428 precondition_required if-match");
    const now = await revisionNow();
    const rivals = ["a", "b", "c", "d"].map((id) =>
      importAt(now, { ...catalog, sites: [...catalog.sites, { id, domain: "x.example" }] }),
    );
    const outcomes = await Promise.all(rivals.map(outcomeOf));
    expect(outcomes.filter((outcome) => outcome === "200")).toHaveLength(1);
    expect(outcomes.filter((outcome) => outcome.startsWith("412 revision_conflict"))).toHaveLength(3);
    const { sites } = await (await ask("GET", "/export")).json<Catalog>();
    expect(sites).toHaveLength(2);
  });

  it.each<[string, unknown]>([
    ["422 campaign_unknown catalog.flights[0].campaignId", { ...catalog, campaigns: [] }],
    ["422 tier_unknown catalog.flights[0].tierId", { ...catalog, tiers: [{ id: "other", selection: "auction" }] }],
    ["422 invalid_value catalog.flights[0].status", { ...catalog, flights: [{ ...catalog.flights[0], status: undefined }] }],
    [
      "422 url_scheme_refused catalog.creatives[0].landingUrl",
      { ...catalog, creatives: [{ ...catalog.creatives[0], landingUrl: "javascript:alert(1)" }] },
    ],
    [
      "422 markup_refused catalog.creatives[0].content.html",
      { ...catalog, creatives: [{ ...catalog.creatives[0], content: { kind: "html", widthPx: 1, heightPx: 1, html: "<svg>" } }] },
    ],
    ["422 catalog_version_unknown formatVersion", { ...catalog, formatVersion: 9 }],
    ["422 invalid_type catalog", []],
  ])("refuse with %s, and change nothing", async (outcome, body) => {
    await importWhole();
    expect(await outcomeOf(importAt(await revisionNow(), body))).toBe(outcome);
    expect(await (await ask("GET", "/export")).json()).toEqual(catalog);
  });

  it("need settings", async () => {
    expect(await outcomeOf(ask("GET", "/export"))).toBe("409 settings_missing settings");
  });
});

describe("publishing", () => {
  it("needs a key to sign with", async () => {
    expect(await outcomeOf(ask("POST", "/publish"))).toBe("503 admin_unavailable env.SIGNING_KEY");
  });
});

describe("the log", () => {
  it("is kept as it is, by the database itself", async () => {
    await importWhole();
    for (const statement of ["DELETE FROM audit", "UPDATE audit SET actor = 'nobody'"]) {
      await expect(db.prepare(statement).run()).rejects.toThrow("append-only");
    }
  });
});
