// The real Worker over HTTP, with a published catalog and model: what a caller sees, and what is left in the event store.

import { request } from "node:http";
import { Validator } from "@seriousme/openapi-schema-validator";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { uniformFrom } from "../../functions/decision/seeds.ts";
import { CATALOG_NAME } from "../../shared/artifact/keys.ts";
import { publishDocument } from "../../shared/artifact/publish-document.ts";
import { readSafetensors } from "../../shared/artifact/safetensors.ts";
import { BagWriter } from "../../shared/features/bags.ts";
import { createEncoder } from "../../shared/features/encode.ts";
import { draw } from "../../shared/policies/draw.ts";
import { parse } from "../../shared/schemas/coded-error.ts";
import { DecisionEvent } from "../../shared/schemas/decision-record.ts";
import { DecisionResponse } from "../../shared/schemas/decisions.ts";
import { Event } from "../../shared/schemas/events.ts";
import { ModelsResponse } from "../../shared/schemas/models.ts";
import { unpackDoubles } from "../../shared/schemas/packed-numbers.ts";
import { PredictionResponse } from "../../shared/schemas/predictions.ts";
import { calibrate } from "../../shared/scoring/calibration.ts";
import module from "../../shared/scoring/kernel/scorer.wasm";
import { createKernelScorer } from "../../shared/scoring/kernel-scorer.ts";
import { type Platform, startPlatform } from "../../training/local/platform.ts";
import { publishModel } from "../../training/publish/publish.ts";
import { createS3Store } from "../../training/publish/s3-store.ts";
import { testKeys } from "../signing-keys.ts";
import { smallArtifact } from "../small-artifact.ts";
import { creativeOf, SIZE, smallCatalog } from "../small-catalog.ts";

const CATALOG = smallCatalog({
  policy: { name: "epsilon-greedy", epsilon: 0.5 },
  creatives: ["shoes", "hats", "coats"].map((id) => creativeOf(id, { features: { field2: id, field3: id } })),
  placements: [{ id: "top", sizes: [SIZE], features: { field0: "top" } }],
});

let platform: Platform;

beforeAll(async () => {
  const keys = await testKeys("first");
  platform = await startPlatform({
    port: null,
    stateDir: null,
    workerVars: { PUBLIC_KEYS: keys.publicKey, POINTER_TTL_MS: "50", TRACKING_SECRET: "a secret" },
  });
  const publisher = { store: artifactStore(), keys, channel: "stable" as const, nowMs: Date.now() };
  await publishModel(publisher, await smallArtifact(1));
  await publishDocument(publisher, "application/vnd.selvedge.catalog+json", CATALOG_NAME, CATALOG);
});

afterAll(() => platform.dispose());

const storeOf = (bucket: string) =>
  createS3Store({ endpoint: platform.storeEndpoint, region: "auto", credentials: platform.credentials }, bucket);
const artifactStore = () => storeOf("selvedge-artifacts");

const get = (path: string) => fetch(`${platform.origin}${path}`);
const post = (path: string, body: unknown) =>
  fetch(`${platform.origin}${path}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });

/** Asks again until there is an answer, or fails after 20 s. */
async function eventually<T>(ask: () => Promise<T | undefined>): Promise<T> {
  const deadlineMs = Date.now() + 20_000;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (Date.now() > deadlineMs) throw new Error("nothing came within 20 s");
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

async function readEvents(): Promise<Event[]> {
  const store = storeOf("selvedge-events");
  const objects = await Promise.all((await store.list("events/date=")).map((key) => store.get(key)));
  const lines = objects.flatMap((object) => new TextDecoder().decode(object?.bytes).split("\n").filter(Boolean));
  return lines.map((line) => parse(Event, JSON.parse(line)));
}

describe("a decision over the wire", () => {
  it("is served by the published model, and its record arrives in the store and replays", async () => {
    const body = { subjectId: "reader", features: { field1: "mobile", unheardOf: -1 }, placements: [{ id: "top" }] };
    const response = await post("/v1/decisions", body);
    const { decisionId, placements, modelVersion } = parse(DecisionResponse, await response.json());
    expect(placements).toMatchObject([{ placementId: "top", fallback: null, noServe: null }]);
    const stored = await eventually(async () => (await readEvents()).find((event) => event.id === `${decisionId}.decision`));
    const event = parse(DecisionEvent, stored);
    expect(event).toMatchObject({ model: { version: modelVersion }, request: { subjectId: "reader" } });
    const [decided] = event.placements;
    expect(decided?.features).toMatchObject({ field0: "top", field1: "mobile", unheardOf: -1 });
    const slot = decided?.slots[0];
    expect(slot?.creativeId).toBe(placements[0]?.creatives[0]?.creativeId);
    const propensities = [...(unpackDoubles(slot?.propensities ?? "") ?? [])];
    expect(decided?.tiers[0]?.creativeIds[draw(propensities, uniformFrom(slot?.seed ?? 0))]).toBe(slot?.creativeId);
  });

  it("is clicked: the reader is sent on, and the click is one event however often the link is followed", async () => {
    const { placements, decisionId } = parse(
      DecisionResponse,
      await (await post("/v1/decisions", { placements: [{ id: "top" }] })).json(),
    );
    const { clickUrl, impressionUrl, creativeId } = placements[0]?.creatives[0] ?? {
      clickUrl: "",
      impressionUrl: "",
      creativeId: "",
    };
    expect((await fetch(impressionUrl)).status).toBe(204);
    for (let time = 0; time < 3; time++) {
      const click = await fetch(clickUrl, { redirect: "manual" });
      expect([click.status, click.headers.get("location")]).toEqual([302, `https://shop.example/${creativeId}`]);
    }
    const ids = await eventually(async () => {
      const found = (await readEvents()).filter((event) => event.id.startsWith(decisionId)).map(({ id }) => id);
      return found.length >= 5 ? new Set(found) : undefined;
    });
    expect([...ids].sort()).toEqual(["decision", "top.0.click", "top.0.impression"].map((what) => `${decisionId}.${what}`));
  });
});

describe("a prediction over the wire", () => {
  it("has the very logits that the training side gives for the same JSON", async () => {
    const features = { field0: "a", field1: "ünïcode" };
    const candidates = ["shoes", "hats", "never seen", ""].map((value) => ({ features: { field2: value, field3: null } }));
    const answer = await (await post("/v1/predictions/ad-click", { features, candidates })).json();
    const { predictions, fallback } = parse(PredictionResponse, answer);
    const { manifest, weights } = await smallArtifact(1);
    const { featureMap, architecture, calibration } = manifest;
    const { context, candidate } = createEncoder(featureMap);
    const [contextBags, candidateBags] = [new BagWriter(context.fieldCount), new BagWriter(candidate.fieldCount)];
    context.encode(features, contextBags);
    for (const one of candidates) candidate.encode(one.features, candidateBags);
    const scorer = createKernelScorer(module, { featureMap, architecture, tensors: readSafetensors(weights) });
    const logits = [...scorer.score(contextBags.view(), candidateBags.view()).logits];
    expect(fallback).toBeNull();
    expect(predictions).toEqual(logits.map((logit) => ({ logit, probability: calibrate(logit, calibration) })));
  });
});

describe("a new model", () => {
  it("is served without a restart", async () => {
    const publisher = { store: artifactStore(), keys: await testKeys("first"), channel: "stable" as const, nowMs: Date.now() };
    const { version, pointer } = await publishModel(publisher, await smallArtifact(2));
    const served = await eventually(async () => {
      const { models } = parse(ModelsResponse, await (await get("/v1/models")).json());
      return models.find((model) => model.name === "ad-click" && model.version === version);
    });
    expect(served).toMatchObject({ channel: "stable", sequence: pointer.sequence, lastFailure: null });
    expect(await (await get("/metrics")).text()).toContain(
      `selvedge_model_info{name="ad-click",channel="stable",version="${version}"} 1`,
    );
  });
});

describe("bad input over the wire", () => {
  const candidate = (index: number) => ({ id: `c${index}`, landingUrl: "https://shop.example", features: {} });
  it.each<[number, string, string, string, string, unknown]>([
    [400, "json_malformed", "", "broken JSON", "/v1/decisions", "{"],
    [400, "json_malformed", "", "NaN", "/v1/predictions/ad-click", '{"features":{"field0":NaN}}'],
    [404, "task_unknown", "task", "an unknown task", "/v1/predictions/nothing", { features: {} }],
    [404, "placement_unknown", "placements[0].id", "an unknown placement", "/v1/decisions", { placements: [{ id: "nowhere" }] }],
    [413, "body_too_large", "", "a body of 10 MB", "/v1/decisions", `"${"x".repeat(10_000_000)}"`],
    [
      422,
      "invalid_type",
      "features",
      "a wrong type",
      "/v1/predictions/ad-click",
      { features: 7, candidates: [{ features: {} }] },
    ],
    [
      422,
      "too_big",
      "placements[0].candidates",
      "10,000 candidates",
      "/v1/decisions",
      { placements: [{ id: "top", candidates: Array.from({ length: 10_000 }, (_, index) => candidate(index)) }] },
    ],
    [422, "too_small", "subjectId", "an empty subject", "/v1/assignments", { subjectId: "" }],
  ])("gives %i %s at '%s' for %s", async (status, code, path, _, route, body) => {
    const response = await post(route, body);
    expect([response.status, await response.json()]).toMatchObject([status, { status, code, path }]);
    expect(response.headers.get("content-type")).toBe("application/problem+json");
  });

  it("stops a body without a length as well", async () => {
    expect(await sendChunks(10_000_000)).toBe(413);
  });
});

/** Status of the answer to a chunked body, as early as the Worker gives it. */
function sendChunks(sizeBytes: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const headers = { "content-type": "application/json" }; // no content-length: Node sends chunks
    const outgoing = request(`${platform.origin}/v1/decisions`, { method: "POST", headers }, (response) => {
      resolve(response.statusCode ?? 0);
      response.destroy();
    });
    outgoing.on("error", reject);
    for (let sent = 0; sent < sizeBytes; sent += 100_000) outgoing.write(Buffer.alloc(100_000, 32));
    outgoing.end();
  });
}

describe("the OpenAPI document", () => {
  it("is valid OpenAPI 3.1", async () => {
    const validator = new Validator();
    const result = await validator.validate(JSON.parse(await (await get("/openapi.json")).text()));
    expect(result).toMatchObject({ valid: true });
    expect(validator.version).toBe("3.1");
  });
});
