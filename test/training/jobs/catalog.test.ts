// Publishing a catalog to a real store: what the Worker would refuse never gets there, and no change is lost.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { changePolicy, publishCatalog, readCatalog } from "../../../training/jobs/catalog.ts";
import { type Platform, platformStoreConfig, startPlatform } from "../../../training/local/platform.ts";
import { readOrGenerateKeys } from "../../../training/publish/keys.ts";
import type { Publisher } from "../../../training/publish/publish.ts";
import { createS3Store } from "../../../training/publish/s3-store.ts";
import { readStoreConfig } from "../../../training/publish/store-config.ts";
import { catalogFor } from "../../../training/simulate/catalog.ts";
import { createMarket } from "../../../training/simulate/market.ts";

const catalog = catalogFor(createMarket(1), { name: "random" });
let stateDir: string;
let platform: Platform;
let publisher: Publisher;

beforeAll(async () => {
  stateDir = await mkdtemp(join(tmpdir(), "selvedge-catalog-"));
  platform = await startPlatform({ port: null, stateDir: null, workerVars: null });
  const config = platformStoreConfig(platform, readStoreConfig({ SELVEDGE_STATE_DIR: stateDir }));
  const store = createS3Store(config, config.artifactBucket);
  publisher = { store, keys: await readOrGenerateKeys(config), channel: "stable", nowMs: 1 };
});
afterAll(async () => {
  await platform.dispose();
  await rm(stateDir, { recursive: true });
});

it("a policy cannot be changed before there is a catalog, and then changes nothing else", async () => {
  await expect(changePolicy(publisher, { name: "greedy" })).rejects.toMatchObject({ code: "catalog_missing" });
  expect((await publishCatalog(publisher, catalog)).pointer.sequence).toBe(1);
  expect((await changePolicy(publisher, { name: "epsilon-greedy", epsilon: 0.2 })).pointer.sequence).toBe(2);
  const current = await readCatalog(publisher);
  expect(current?.catalog).toEqual({ ...catalog, policy: { name: "epsilon-greedy", epsilon: 0.2 } });
});

it("two who change it at the same moment cannot both win", async () => {
  await publishCatalog(publisher, catalog);
  const changes = await Promise.allSettled([
    changePolicy(publisher, { name: "greedy" }),
    changePolicy(publisher, { name: "epsilon-greedy", epsilon: 0.5 }),
  ]);
  const lost = changes.filter(({ status }) => status === "rejected");
  expect(lost.length).toBeLessThanOrEqual(1);
  for (const one of lost) expect(one).toMatchObject({ reason: { code: "pointer_moved" } });
});

const [creative] = catalog.creatives;
const refused: [string, unknown, string, string][] = [
  ["a field of the wrong type", { ...catalog, task: 7 }, "invalid_type", "catalog.task"],
  ["a creative twice", { ...catalog, creatives: [creative, creative] }, "id_duplicate", "catalog.creatives[1].id"],
  [
    "a creative of no flight",
    { ...catalog, flights: [], creatives: [creative] },
    "flight_unknown",
    "catalog.creatives[0].flightId",
  ],
  ["an epsilon of 1", { ...catalog, policy: { name: "epsilon-greedy", epsilon: 1 } }, "too_big", "catalog.policy.epsilon"],
];
it.each(refused)("refuses %s, and publishes nothing", async (_, document, code, path) => {
  const before = await readCatalog(publisher);
  await expect(publishCatalog(publisher, document)).rejects.toMatchObject({ code, path });
  expect(await readCatalog(publisher)).toEqual(before);
});
