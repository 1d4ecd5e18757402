// Editing a catalog and publishing it, over HTTP against the real Worker, its database and its store.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Validator } from "@seriousme/openapi-schema-validator";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CATALOG_NAME } from "../../shared/artifact/keys.ts";
import { versionOf } from "../../shared/artifact/manifest.ts";
import { readPointer } from "../../shared/artifact/read-published.ts";
import type { Catalog } from "../../shared/catalog/catalog.ts";
import { parse } from "../../shared/schemas/coded-error.ts";
import { ModelsResponse } from "../../shared/schemas/models.ts";
import { editCatalog, readCatalog } from "../../training/jobs/catalog.ts";
import { type Platform, startPlatform } from "../../training/local/platform.ts";
import { createAdminClient, LOCAL_ADMIN_KEY } from "../../training/publish/admin-client.ts";
import { createS3Store } from "../../training/publish/s3-store.ts";
import { catalogFor } from "../../training/simulate/catalog.ts";
import { createMarket } from "../../training/simulate/market.ts";
import { testKeys } from "../signing-keys.ts";
import { runCli } from "../training/commands/run-cli.ts";

const market = catalogFor(createMarket(1), { name: "random" });
let platform: Platform;

/** A Worker that trusts the first key and signs with `signer`'s. */
const startWorker = async (signer: "first" | "second") =>
  startPlatform({
    port: null,
    stateDir: null,
    workerVars: {
      PUBLIC_KEYS: (await testKeys("first")).publicKey,
      SIGNING_KEY: (await testKeys(signer)).pem,
      POINTER_TTL_MS: "50",
    },
  });

beforeAll(async () => {
  platform = await startWorker("first");
});
afterAll(() => platform.dispose());

const clientOf = ({ origin }: Platform, key = LOCAL_ADMIN_KEY) => createAdminClient({ origin, key });

const storeOf = ({ storeEndpoint: endpoint, credentials }: Platform) =>
  createS3Store({ endpoint, region: "auto", credentials }, "selvedge-artifacts");
const publisherOf = async (site: Platform) =>
  ({ store: storeOf(site), keys: await testKeys("first"), channel: "stable", nowMs: 0 }) as const;

async function pointer() {
  const { trusted } = await testKeys("first");
  return (await readPointer(storeOf(platform), trusted, CATALOG_NAME, "stable"))?.pointer ?? null;
}

/** The catalog's version that the edge serves, once it is `wanted`; fails after 20 s. */
async function servedVersion(wanted: string): Promise<string> {
  const deadlineMs = Date.now() + 20_000;
  for (;;) {
    const { models } = parse(ModelsResponse, await (await fetch(`${platform.origin}/v1/models`)).json());
    const version = models.find(({ name }) => name === CATALOG_NAME)?.version ?? "";
    if (version === wanted || Date.now() > deadlineMs) return version;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

const byId = <T extends { readonly id: string }>(list: readonly T[]) => list.toSorted((a, b) => (a.id < b.id ? -1 : 1));

describe("a catalog that is edited and published", () => {
  it("is empty first, then what was imported, and then what the edge serves", async () => {
    const client = clientOf(platform);
    expect(await client.exportCatalog()).toEqual({ catalog: null, etag: '"0"' });
    const { version, sequence, changed } = await editCatalog(client, () => market);
    expect({ sequence, changed }).toEqual({ sequence: 1, changed: true });
    const { catalog } = await client.exportCatalog();
    const sorted = {
      ...market,
      creatives: byId(market.creatives),
      campaigns: byId(market.campaigns),
      flights: byId(market.flights),
    };
    expect(catalog).toEqual({ ...sorted, advertisers: byId(market.advertisers), placements: byId(market.placements) });
    expect((await readCatalog(await publisherOf(platform)))?.catalog).toEqual(catalog);
    expect(await servedVersion(version)).toBe(version);
  });

  it("is published once, however often it is asked for, and anew after every change", async () => {
    const client = clientOf(platform);
    const first = await client.publish();
    expect(await client.publish()).toEqual({ ...first, changed: false });
    const second = await editCatalog(client, (catalog) => ({ ...catalog, policy: { name: "epsilon-greedy", epsilon: 0.2 } }));
    expect(second).toMatchObject({ sequence: first.sequence + 1, changed: true });
    expect(await servedVersion(second.version)).toBe(second.version);
  });

  it("is served on as it was where the next one cannot be published", async () => {
    const client = clientOf(platform);
    const before = await pointer();
    const { etag } = await client.exportCatalog();
    await expect(client.importCatalog({ ...market, tiers: [{ id: "other", selection: "auction" }] }, etag)).rejects.toMatchObject(
      {
        code: "tier_unknown",
      },
    );
    const settings = await admin("GET", "/settings");
    const tiers = [{ id: "other", selection: "auction" }]; // fine in itself; the flights' tier is gone
    const body = JSON.stringify({ ...(await settings.json()), tiers });
    expect((await admin("PUT", "/settings", { body, headers: { "if-match": settings.headers.get("etag") ?? "" } })).status).toBe(
      200,
    );
    await expect(client.publish()).rejects.toMatchObject({ code: "tier_unknown", path: "catalog.flights[0].tierId" });
    expect(await pointer()).toEqual(before);
    expect(await servedVersion(versionOf(before?.digest ?? ""))).toBe(versionOf(before?.digest ?? ""));
    await editCatalog(client, (catalog) => ({ ...catalog, tiers: market.tiers })); // the way back does not need the settings' revision
    expect((await pointer())?.digest).toBe(before?.digest);
  });

  it("has one publisher at a time: of several, the others find it done or moved", async () => {
    const client = clientOf(platform);
    const before = await pointer();
    const { catalog, etag } = await client.exportCatalog();
    await client.importCatalog({ ...(catalog as Catalog), policy: { name: "greedy" } }, etag);
    const outcomes = await Promise.allSettled([1, 2, 3, 4].map(() => client.publish()));
    const moved = outcomes.flatMap((one) => (one.status === "fulfilled" && one.value.changed ? [one.value] : []));
    expect(moved).toHaveLength(1);
    for (const one of outcomes) if (one.status === "rejected") expect(one.reason).toMatchObject({ code: "pointer_moved" });
    expect((await pointer())?.sequence).toBe((before?.sequence ?? 0) + 1);
    const log = await (await admin("GET", "/audit?limit=1")).json();
    expect(log).toMatchObject({ items: [{ actor: "local", action: "publish", after: { version: moved[0]?.version } }] });
  });

  it("is nobody's who has no key", async () => {
    for (const key of ["wrong", `${LOCAL_ADMIN_KEY}x`]) {
      await expect(clientOf(platform, key).publish()).rejects.toMatchObject({ code: "admin_key_wrong" });
    }
  });
});

describe("npm run catalog", () => {
  const catalog = async (...args: string[]) =>
    runCli(["catalog", ...args], {
      SELVEDGE_STORE_ENDPOINT: platform.storeEndpoint,
      SELVEDGE_PRIVATE_KEY: (await testKeys("first")).pem,
    });

  it("changes the catalog where it is edited, and publishes it", { timeout: 60_000 }, async () => {
    const { stdout, exitCode } = await catalog("policy", "softmax", "--temperature", "0.5");
    expect([exitCode, stdout]).toEqual([0, expect.stringMatching(/^catalog [0-9a-f]{12} is published \(number \d+\)/)]);
    expect(await (await admin("GET", "/settings")).json()).toMatchObject({ policy: { name: "softmax", temperature: 0.5 } });
    const { catalog: edited } = await clientOf(platform).exportCatalog();
    expect(JSON.parse((await catalog("show")).stdout)).toEqual(edited);
  });

  it("takes a file, but no hostile one, and says why", { timeout: 60_000 }, async () => {
    const folder = await mkdtemp(join(tmpdir(), "selvedge-admin-"));
    const file = join(folder, "catalog.json");
    const [first, ...others] = market.creatives;
    await writeFile(file, JSON.stringify({ ...market, creatives: [{ ...first, landingUrl: "javascript:alert(1)" }, ...others] }));
    const { stderr, exitCode } = await catalog("publish", file);
    expect([exitCode, stderr]).toEqual([1, expect.stringContaining("catalog.creatives[0].landingUrl")]);
    await writeFile(file, JSON.stringify(market));
    expect((await catalog("publish", file)).exitCode).toBe(0);
    expect(await (await admin("GET", "/settings")).json()).toMatchObject({ policy: market.policy });
    await rm(folder, { recursive: true });
  });

  it("says what is missing where the store is not this machine's", async () => {
    const { stderr, exitCode } = await runCli(["catalog", "policy", "greedy"], { SELVEDGE_STORE_ENDPOINT: "https://s3.example" });
    expect([exitCode, stderr]).toEqual([1, expect.stringContaining("SELVEDGE_ADMIN_ORIGIN")]);
  });
});

it("describes its admin interface in valid OpenAPI 3.1, for whoever asks", async () => {
  const response = await fetch(`${platform.origin}/admin/openapi.json`);
  expect(await new Validator().validate(JSON.parse(await response.text()))).toMatchObject({ valid: true });
});

it("a Worker whose key the edge does not trust publishes nothing", { timeout: 60_000 }, async () => {
  const stranger = await startWorker("second");
  try {
    const failed = editCatalog(clientOf(stranger), () => market);
    await expect(failed).rejects.toMatchObject({ code: "signature_unknown_key" });
    expect(await storeOf(stranger).list("channels/")).toEqual([]);
  } finally {
    await stranger.dispose();
  }
});

function admin(method: string, path: string, init: RequestInit = {}): Promise<Response> {
  const headers = { authorization: `Bearer ${LOCAL_ADMIN_KEY}`, "content-type": "application/json", ...init.headers };
  return fetch(`${platform.origin}/admin/v1${path}`, { ...init, method, headers });
}
