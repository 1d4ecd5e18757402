// Decisions of the real Worker, made again from their records in the store: the same to the last byte, and why.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CATALOG_NAME } from "../../shared/artifact/keys.ts";
import { publishDocument } from "../../shared/artifact/publish-document.ts";
import { parse } from "../../shared/schemas/coded-error.ts";
import type { DecisionEvent } from "../../shared/schemas/decision-record.ts";
import { DecisionResponse } from "../../shared/schemas/decisions.ts";
import { Explanation } from "../../shared/schemas/explanation.ts";
import { replay } from "../../training/jobs/replay.ts";
import { type Platform, startPlatform } from "../../training/local/platform.ts";
import { createAdminClient, LOCAL_ADMIN_KEY } from "../../training/publish/admin-client.ts";
import { publishModel } from "../../training/publish/publish.ts";
import { createS3Store } from "../../training/publish/s3-store.ts";
import { testKeys } from "../signing-keys.ts";
import { smallArtifact } from "../small-artifact.ts";
import { creativeOf, FLIGHT, SIZE, smallCatalog } from "../small-catalog.ts";

const budget = { totalMicros: 50_000_000, dailyMicros: null, pacing: "as-fast-as-possible" } as const;
const ids = ["shoes", "hats", "coats", "gloves"];

/** Budgets, caps, lots and exploration: everything that a decision takes from outside. */
const CATALOG = smallCatalog({
  policy: { name: "softmax", temperature: 0.3 },
  auction: { pricing: "second-price" },
  tiers: [
    { id: "standard", selection: "auction" },
    { id: "house", selection: "weighted" },
  ],
  campaigns: [{ id: "campaign", advertiserId: "advertiser", status: "active", budget, caps: [{ limit: 2, windowMinutes: 60 }] }],
  flights: [
    FLIGHT,
    { ...FLIGHT, id: "impressions", price: { model: "cpm", bidMicros: 2_000_000 } },
    { ...FLIGHT, id: "house", tierId: "house", weight: 3 },
  ],
  creatives: [
    ...ids.map((id) => creativeOf(id, { features: { field2: id } })),
    creativeOf("views", { flightId: "impressions" }),
    creativeOf("own", { flightId: "house" }),
  ],
  placements: [
    { id: "top", sizes: [SIZE], features: { field0: "top" } },
    { id: "side", sizes: [SIZE] },
  ],
});

const BODIES = [
  {
    subjectId: "reader",
    features: { field1: "mobile", 7: 1 },
    url: "https://news.example/a",
    placements: [{ id: "top", count: 3 }, { id: "side" }],
  },
  { subjectId: "reader", placements: [{ id: "side" }], keyValues: { section: ["sport"] } },
  {
    placements: [
      { id: "top" },
      { id: "own", candidates: [{ id: "mine", landingUrl: "https://shop.example", features: { field2: "ü" } }] },
    ],
  },
];

let platform: Platform;
let folder: string;

const storeOf = (bucket: string) =>
  createS3Store({ endpoint: platform.storeEndpoint, region: "auto", credentials: platform.credentials }, bucket);
const again = (source: string) =>
  replay({
    source,
    artifacts: storeOf("selvedge-artifacts"),
    events: storeOf("selvedge-events"),
    client: createAdminClient({ origin: platform.origin, key: LOCAL_ADMIN_KEY }),
    nowMs: Date.now(),
  });

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "selvedge-replay-"));
  const keys = await testKeys("first");
  platform = await startPlatform({ port: null, stateDir: null, workerVars: { PUBLIC_KEYS: keys.publicKey } });
  const publisher = { store: storeOf("selvedge-artifacts"), keys, channel: "stable" as const, nowMs: Date.now() };
  await publishModel(publisher, await smallArtifact(1));
  await publishDocument(publisher, "application/vnd.selvedge.catalog+json", CATALOG_NAME, CATALOG);
});

afterAll(async () => {
  await platform.dispose();
  await rm(folder, { recursive: true });
});

async function decide(body: unknown): Promise<string> {
  const headers = { "content-type": "application/json", "user-agent": "Mozilla/5.0 (iPhone) Safari", "accept-language": "de-AT" };
  const response = await fetch(`${platform.origin}/v1/decisions`, { method: "POST", headers, body: JSON.stringify(body) });
  const { decisionId, placements } = parse(DecisionResponse, await response.json());
  expect(placements.map(({ noServe }) => noServe)).not.toContain("internal");
  return decisionId;
}

/** As it lies in the store, once it does. */
async function recordOf(decisionId: string): Promise<string> {
  const store = storeOf("selvedge-events");
  const deadlineMs = Date.now() + 20_000;
  while (Date.now() < deadlineMs) {
    for (const key of await store.list("events/date=")) {
      const lines = new TextDecoder().decode((await store.get(key))?.bytes).split("\n");
      const found = lines.find((line) => line.includes(`"id":"${decisionId}.decision"`));
      if (found) return found;
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error("no record came within 20 s");
}

describe("a decision's record", () => {
  it.each(BODIES)("gives the same decision again, to the last byte: %j", async (body) => {
    const decisionId = await decide(body);
    const record = JSON.parse(await recordOf(decisionId)) as DecisionEvent;
    const report = await again(decisionId);
    expect(report).toMatchObject({ decisionId, difference: null });
    const explanations = report.explanations.map((one) => parse(Explanation, one));
    expect(explanations.map(({ placementId }) => placementId)).toEqual(body.placements.map(({ id }) => id));
    const scoresIn = (slots: readonly { readonly score: unknown }[]) => slots.map(({ score }) => score);
    expect(record.placements.map(({ slots }) => scoresIn(slots))).toEqual(explanations.map(({ slots }) => scoresIn(slots)));
    expect(scoresIn(record.placements.flatMap(({ slots }) => slots))).not.toContain(null);
    for (const score of explanations.flatMap(({ slots }) => slots.flatMap((slot) => slot.score ?? []))) {
      const sum = score.parts.reduce((total, { part }) => total + part, score.baseline + score.rounding);
      expect(sum).toBeCloseTo(score.logit, 9);
    }
  });

  it("is read from a file as well, and one that was altered is found out", async () => {
    const line = await recordOf(await decide({ ...BODIES[0], subjectId: "another" }));
    const file = join(folder, "record.json");
    await writeFile(file, `${line}\n`);
    expect(await again(file)).toMatchObject({ difference: null });
    const record = JSON.parse(line) as DecisionEvent;
    await writeFile(file, JSON.stringify({ ...record, seed: record.seed ^ 1 }));
    expect((await again(file)).difference).toContain("recorded");
  });

  it("is refused by name where it is none, or names what the store has not", async () => {
    const file = join(folder, "other.json");
    await writeFile(file, '{"type":"click"}\n');
    await expect(again(file)).rejects.toMatchObject({ code: "record_missing" });
    await expect(again("no-such-decision")).rejects.toMatchObject({ code: "record_missing" });
    const record = JSON.parse(await recordOf(await decide(BODIES[1]))) as DecisionEvent;
    await writeFile(file, JSON.stringify({ ...record, catalogVersion: "0123456789ab" }));
    await expect(again(file)).rejects.toMatchObject({ code: "document_missing" });
  });
});
