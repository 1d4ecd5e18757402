// What a drill runs on: a store, a proxy that can break it, and the real Worker behind the proxy, all over HTTP.

import { CATALOG_NAME } from "../../shared/artifact/keys.ts";
import { type Published, publishDocument } from "../../shared/artifact/publish-document.ts";
import type { ObjectStore } from "../../shared/artifact/store.ts";
import { parse } from "../../shared/schemas/coded-error.ts";
import { DecisionResponse } from "../../shared/schemas/decisions.ts";
import { ARTIFACT_BUCKET, type Platform, startPlatform } from "../../training/local/platform.ts";
import type { KeyPair } from "../../training/publish/keys.ts";
import { type Publisher, publishModel } from "../../training/publish/publish.ts";
import { createS3Store } from "../../training/publish/s3-store.ts";
import { LOCAL_STORE_PATH } from "../../training/publish/store-config.ts";
import { type FaultProxy, startFaultProxy } from "../fault-proxy.ts";
import { testKeys } from "../signing-keys.ts";
import { smallArtifact } from "../small-artifact.ts";
import { creativeOf, SIZE, smallCatalog } from "../small-catalog.ts";

export const TASK = "ad-click";
const CATALOG = smallCatalog({
  task: TASK,
  creatives: ["shoes", "hats"].map((id) => creativeOf(id, { features: { field2: id } })),
  placements: [{ id: "top", sizes: [SIZE] }],
});

export interface DrillSite {
  readonly store: ObjectStore;
  readonly proxy: FaultProxy;
  readonly keys: KeyPair;
  publisher(): Publisher;
  /** Publishes the model of a seed. */
  publish(seed: number): Promise<Published>;
  /** Starts the Worker, with nothing in memory and nothing in its cache. */
  startWorker(): Promise<DrillWorker>;
  close(): Promise<void>;
}

/** A catalog is published; a model is not. */
export async function openDrillSite(): Promise<DrillSite> {
  const storage = await startPlatform({ port: null, stateDir: null, workerVars: null });
  const proxy = await startFaultProxy(() => storage.origin);
  const { storeEndpoint: endpoint, credentials } = storage;
  const store = createS3Store({ endpoint, region: "auto", credentials }, ARTIFACT_BUCKET);
  const keys = await testKeys("first");
  const publisher = (): Publisher => ({ store, keys, channel: "stable", nowMs: Date.now() });
  await publishDocument(publisher(), "application/vnd.selvedge.catalog+json", CATALOG_NAME, CATALOG);
  const workers: DrillWorker[] = [];
  return {
    store,
    proxy,
    keys,
    publisher,
    publish: async (seed) => publishModel(publisher(), await smallArtifact(seed)),
    async startWorker() {
      const vars = { PUBLIC_KEYS: keys.publicKey, STORE_ENDPOINT: proxy.origin + LOCAL_STORE_PATH, POINTER_TTL_MS: "50" };
      const worker = new DrillWorker(await startPlatform({ port: null, stateDir: null, workerVars: vars }));
      workers.push(worker);
      return worker;
    },
    async close() {
      for (const worker of workers) await worker.dispose();
      await proxy.close();
      await storage.dispose();
    },
  };
}

export class DrillWorker {
  readonly #platform: Platform;

  constructor(platform: Platform) {
    this.#platform = platform;
  }

  /** A decision on candidates of its own, so that it needs no catalog. Fails on anything but 200. */
  async decide(): Promise<{ readonly version: string | null; readonly fallback: string | null; readonly chosen: string | null }> {
    const candidates = ["left", "right"].map((id) => ({ id, landingUrl: "https://shop.example/", features: { field2: id } }));
    const response = await fetch(`${this.#platform.origin}/v1/decisions`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ placements: [{ id: "top", candidates }] }),
    });
    if (response.status !== 200) throw new Error(`a decision was answered ${response.status}: ${await response.text()}`);
    const { modelVersion, placements } = parse(DecisionResponse, await response.json());
    const [placement] = placements;
    return { version: modelVersion, fallback: placement?.fallback ?? null, chosen: placement?.creatives[0]?.creativeId ?? null };
  }

  /** How often loads failed for this reason, by /metrics. */
  async failures(reason: string, name = TASK): Promise<number> {
    const text = await (await fetch(`${this.#platform.origin}/metrics`)).text();
    const label = `selvedge_load_failures_total{name="${name}",channel="stable",reason="${reason}"} `;
    const line = text.split("\n").find((one) => one.startsWith(label));
    return line === undefined ? 0 : Number(line.slice(label.length));
  }

  /** Decides until a decision is as wanted, or fails after 20 s. */
  async decideUntil(wanted: { readonly version: string | null }): Promise<void> {
    await this.#until(async () => (await this.decide()).version === wanted.version, `version ${wanted.version}`);
  }

  /** Decides until one more load has failed for this reason. Answers the decisions that were taken meanwhile. */
  async decideUntilFailure(reason: string, name = TASK): Promise<Awaited<ReturnType<DrillWorker["decide"]>>[]> {
    const before = await this.failures(reason, name);
    const decisions: Awaited<ReturnType<DrillWorker["decide"]>>[] = [];
    await this.#until(async () => {
      decisions.push(await this.decide());
      return (await this.failures(reason, name)) > before;
    }, `a failure ${reason}`);
    decisions.push(await this.decide());
    return decisions;
  }

  async #until(isThere: () => Promise<boolean>, what: string): Promise<void> {
    const deadlineMs = Date.now() + 20_000;
    while (!(await isThere())) {
      if (Date.now() > deadlineMs) throw new Error(`${what} did not come within 20 s; ${await this.#failureCounts()}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  async #failureCounts(): Promise<string> {
    const text = await (await fetch(`${this.#platform.origin}/metrics`)).text();
    return text
      .split("\n")
      .filter((line) => line.startsWith("selvedge_load_failures_total"))
      .join("; ");
  }

  async dispose(): Promise<void> {
    await this.#platform.dispose();
  }
}
