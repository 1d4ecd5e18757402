// What a publisher bills on, over HTTP against the real Worker: from the admin API to prices, records, charges, and a restart in between.
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { importHmacKey } from "../../shared/access/signed-text.ts";
import { issueSiteKey } from "../../shared/access/site-key.ts";
import type { CatalogDocument } from "../../shared/catalog/catalog.ts";
import { parse } from "../../shared/schemas/coded-error.ts";
import { DecisionResponse } from "../../shared/schemas/decisions.ts";
import { decisionEventId, Event, outcomeEventId } from "../../shared/schemas/events.ts";
import { downloadEvents } from "../../training/dataset/events.ts";
import { type Platform, startPlatform } from "../../training/local/platform.ts";
import { createAdminClient, LOCAL_ADMIN_KEY } from "../../training/publish/admin-client.ts";
import { createS3Store } from "../../training/publish/s3-store.ts";
import { awaitEvents } from "../../training/traffic/await-events.ts";
import { testKeys } from "../signing-keys.ts";
import { creativeOf, FLIGHT, SIZE, smallCatalog } from "../small-catalog.ts";

const SITE_KEY_SECRET = "the test's secret";
const DOLLAR = 1_000_000;
const active = { advertiserId: "advertiser", status: "active" } as const;

const budgetOf = (totalMicros: number) => ({ totalMicros, dailyMicros: null, pacing: "as-fast-as-possible" as const });
const flightIn = (id: string, placement: string, price: CatalogDocument["flights"][number]["price"], tierId = "standard") => {
  return { ...FLIGHT, id, campaignId: id, tierId, price, targeting: { placements: { anyOf: [placement] } } };
};

/**
 * Three bids for 1,000 impressions in "top"; a bid for a click in "side", whose budget bears one, and the house behind it; two impressions
 * for two dollars in "scarce"; and three views a subject in "capped".
 */
const catalog = smallCatalog({
  auction: { pricing: "second-price" },
  tiers: [
    { id: "standard", selection: "auction" },
    { id: "house", selection: "weighted" },
  ],
  sites: [{ id: "news", domain: "news.example" }],
  campaigns: [
    ...["high", "middle", "low", "house"].map((id) => ({ id, ...active })),
    { id: "clicks", ...active, budget: budgetOf(DOLLAR) },
    { id: "scarce", ...active, budget: budgetOf(2 * DOLLAR) },
    { id: "capped", ...active, caps: [{ limit: 3, windowMinutes: 5 * 1440 }] },
  ],
  flights: [
    flightIn("high", "top", { model: "cpm", bidMicros: 5 * DOLLAR }),
    flightIn("middle", "top", { model: "cpm", bidMicros: 3 * DOLLAR }),
    flightIn("low", "top", { model: "cpm", bidMicros: 2 * DOLLAR }),
    flightIn("clicks", "side", { model: "cpc", bidMicros: 600_000 }),
    flightIn("scarce", "scarce", { model: "cpm", bidMicros: 1000 * DOLLAR }),
    flightIn("capped", "capped", { model: "cpm", bidMicros: DOLLAR }),
    flightIn("house", "side", { model: "cpm", bidMicros: 0 }, "house"),
  ],
  creatives: ["high", "middle", "low", "clicks", "scarce", "capped", "house"].map((id) => creativeOf(id, { flightId: id })),
  placements: ["top", "side", "scarce", "capped"].map((id) => {
    const floorMicros = id === "scarce" ? 1000 * DOLLAR : 0; // who bids alone pays the floor
    return { id, siteId: "news", sizes: [SIZE], floorMicros };
  }),
});

let folder: string;
let platform: Platform;
let siteKey: string;

async function startWorker(): Promise<Platform> {
  const { publicKey, pem } = await testKeys("first");
  const workerVars = { PUBLIC_KEYS: publicKey, SIGNING_KEY: pem, POINTER_TTL_MS: "50", SITE_KEY_SECRET };
  return startPlatform({ port: null, stateDir: folder, workerVars });
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "selvedge-billing-"));
  siteKey = await issueSiteKey({ siteId: "news", issuedMs: 0, expiresMs: null }, await importHmacKey(SITE_KEY_SECRET));
  platform = await startWorker();
});
afterAll(async () => {
  await platform?.dispose();
  await rm(folder, { recursive: true });
});

const clientOf = () => createAdminClient({ origin: platform.origin, key: LOCAL_ADMIN_KEY });

async function publish(): Promise<void> {
  await clientOf().importCatalog(catalog, (await clientOf().exportCatalog()).etag);
  await clientOf().publish();
}

function admin(method: string, path: string, { key = LOCAL_ADMIN_KEY, headers = {}, body }: AdminInit = {}): Promise<Response> {
  const all = { "content-type": "application/json", ...(key && { authorization: `Bearer ${key}` }), ...headers };
  return fetch(`${platform.origin}/admin/v1${path}`, { method, headers: all, ...(body && { body: JSON.stringify(body) }) });
}
interface AdminInit {
  readonly key?: string;
  readonly headers?: Record<string, string>;
  readonly body?: object;
}

const post = (body: object, key = siteKey) => {
  const headers = { "content-type": "application/json", ...(key && { authorization: `Bearer ${key}` }) };
  return fetch(`${platform.origin}/v1/decisions`, {
    method: "POST",
    headers,
    body: JSON.stringify({ timeoutMs: 1000, ...body }),
  });
};
const decide = async (...placements: object[]) => parse(DecisionResponse, await (await post({ placements })).json());
const shownIn = ({ placements }: DecisionResponse) =>
  placements.map(({ creatives }) => creatives.map(({ creativeId, price }) => [creativeId, price?.micros]));

const accountOf = async (campaignId: string) => {
  const response = await admin("GET", `/campaigns/${campaignId}/ledger`);
  const { accounts } = (await response.json()) as { accounts: { account: string; spent: number; reserved: number }[] };
  return accounts.find(({ account }) => account === "money");
};

/** Events as they arrive in the store, by id. */
async function eventsOf(ids: readonly string[], sinceMs: number): Promise<Map<string, Event>> {
  const { storeEndpoint: endpoint, credentials } = platform;
  const store = createS3Store({ endpoint, region: "auto", credentials }, "selvedge-events");
  expect(await awaitEvents(store, new Set(ids), sinceMs, 30_000)).toMatchObject({ missingCount: 0 });
  const file = join(folder, "events.ndjson");
  await downloadEvents(store, { sinceMs, untilMs: Date.now() }, file);
  const lines = (await readFile(file, "utf8")).trim().split("\n");
  return new Map(lines.map((line) => parse(Event, JSON.parse(line))).map((event) => [event.id, event]));
}

it("sells slots at the generalised second price, records it, charges a click once, and has spent it after a restart too", async () => {
  const sinceMs = Date.now();
  await publish();
  await vi.waitFor(async () => expect(shownIn(await decide({ id: "top" })).flat()).not.toEqual([]), 20_000); // published is not yet loaded
  const decision = await decide({ id: "top", count: 2 }, { id: "side" });
  const top = [
    ["high", 3 * DOLLAR], // "high" comes before "middle" at the same bid
    ["middle", 2 * DOLLAR + 1], // and "middle" behind "low"
  ];
  expect(shownIn(decision)).toEqual([top, [["clicks", 600_000]]]);

  const url = decision.placements[1]?.creatives[0]?.clickUrl ?? "";
  for (let times = 0; times < 3; times++) expect((await fetch(url, { redirect: "manual" })).status).toBe(302);
  const { decisionId } = decision;
  const [decided, clicked] = [decisionEventId(decisionId), outcomeEventId(decisionId, "side", 0, "click")];
  const events = await eventsOf([decided, clicked], sinceMs);
  expect(events.get(clicked)).toMatchObject({ type: "click", creativeId: "clicks" });
  const record = events.get(decided);
  const slots = record?.type === "decision" ? record.placements.map((one) => one.slots) : [];
  expect(slots[0]?.map(({ creativeId, price }) => [creativeId, price?.micros])).toEqual(top);
  expect(slots[0]?.map(({ minimumToWinMicros }) => minimumToWinMicros)).toEqual(top.map(([, micros]) => micros));
  await vi.waitFor(async () => expect(await accountOf("clicks")).toMatchObject({ spent: 600_000 }), 20_000);
  expect(shownIn(await decide({ id: "side" }))).toEqual([[["house", 0]]]); // 40 cents are left, a click costs 60

  await platform.dispose();
  platform = await startWorker();
  expect(await accountOf("clicks")).toMatchObject({ spent: 600_000 });
  await vi.waitFor(async () => expect(shownIn(await decide({ id: "side" }))).toEqual([[["house", 0]]]), 20_000);
  expect((await fetch(url.replace(/^https?:\/\/[^/]+/, platform.origin), { redirect: "manual" })).status).toBe(302);
  await decide({ id: "top" });
  expect(await accountOf("clicks")).toMatchObject({ spent: 600_000 });
}, 120_000);

it.each([
  [1000, "two of a budget of two dollars, at a thousand for 1,000", 2, { placements: [{ id: "scarce" }] }],
  [300, "three of a cap of three", 3, { subjectId: "one of many", placements: [{ id: "capped" }] }],
])(
  "%i requests, many at once, get exactly %s",
  async (requestCount, _, sold, body) => {
    await publish();
    await vi.waitFor(async () => expect((await post({ placements: [{ id: "capped" }] })).status).toBe(200), 20_000);
    const shown: unknown[] = [];
    for (let wave = 0; wave < 5; wave++) {
      const answers = await Promise.all(Array.from({ length: requestCount / 5 }, async () => (await post(body)).json()));
      shown.push(...answers.flatMap((answer) => shownIn(parse(DecisionResponse, answer)).flat()));
    }
    expect(shown).toHaveLength(sold);
  },
  120_000,
);

describe("the wire refuses", () => {
  const codeOf = async (asked: Promise<Response>) => {
    const response = await asked;
    return [response.status, ((await response.json()) as { code?: string }).code];
  };
  const etagOf = async (path: string) => (await admin("GET", path)).headers.get("etag") ?? "";

  beforeAll(publish, 60_000);

  it("decisions without a site's key, and with another's", async () => {
    await vi.waitFor(async () => expect((await post({ placements: [{ id: "top" }] })).status).toBe(200), 20_000);
    const other = await issueSiteKey({ siteId: "blog", issuedMs: 0, expiresMs: null }, await importHmacKey(SITE_KEY_SECRET));
    const old = await issueSiteKey({ siteId: "news", issuedMs: 0, expiresMs: 1 }, await importHmacKey(SITE_KEY_SECRET));
    const body = { placements: [{ id: "top" }] };
    expect(await codeOf(post(body, ""))).toEqual([401, "site_key_missing"]);
    expect(await codeOf(post(body, other))).toEqual([403, "site_key_wrong_site"]);
    expect(await codeOf(post(body, old))).toEqual([401, "site_key_expired"]);
  });

  it.each([
    ["GET", "/export"],
    ["POST", "/publish"],
    ["PUT", "/campaigns/high"],
    ["GET", "/campaigns/clicks/ledger"],
  ])("%s %s without an admin key, and with a wrong one", async (method, path) => {
    expect(await codeOf(admin(method, path, { key: "" }))).toEqual([401, "admin_key_missing"]);
    expect(await codeOf(admin(method, path, { key: "guess" }))).toEqual([401, "admin_key_wrong"]);
  });

  it("the second of two editors of one campaign", async () => {
    const path = "/campaigns/high";
    const etag = await etagOf(path);
    const campaign = { id: "high", ...active };
    const edit = (caps: object[]) => admin("PUT", path, { headers: { "if-match": etag }, body: { ...campaign, caps } });
    const codes = await Promise.all([
      codeOf(edit([{ limit: 1, windowMinutes: 1 }])),
      codeOf(edit([{ limit: 2, windowMinutes: 2 }])),
    ]);
    expect(codes.sort()).toEqual([
      [200, undefined],
      [412, "revision_conflict"],
    ]);
  });

  it.each<[string, string, object]>([
    ["a script for a landing page", "url_scheme_refused", { landingUrl: "javascript:alert(1)" }],
    ["a handler in markup", "markup_refused", { content: { kind: "html", ...SIZE, html: "<img src=x onerror=alert(1)>" } }],
    ["a script in markup", "markup_refused", { content: { kind: "html", ...SIZE, html: "<script>alert(1)</script>" } }],
  ])("%s", async (_, code, changes) => {
    const path = "/creatives/high";
    const body = { ...creativeOf("high", { flightId: "high" }), ...changes };
    const before = await etagOf(path);
    expect(await codeOf(admin("PUT", path, { headers: { "if-match": before }, body }))).toEqual([422, code]);
    expect(await etagOf(path)).toBe(before);
  });

  it("to tell of a campaign's ledger that there is no such campaign", async () => {
    expect(await codeOf(admin("GET", "/campaigns/nobody/ledger"))).toEqual([404, "entity_unknown"]);
    expect(await (await admin("GET", "/campaigns/high/ledger")).json()).toEqual({ campaignId: "high", accounts: [] });
  });
});
