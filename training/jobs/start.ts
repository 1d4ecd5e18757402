// THE story of a start: platform, catalog, simulated history, model, first decision. A second start finds the model published.
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { versionOf } from "../../shared/artifact/manifest.ts";
import { readSafetensors } from "../../shared/artifact/safetensors.ts";
import type { Policy } from "../../shared/catalog/policy.ts";
import { adClick } from "../../shared/tasks/ad-click.ts";
import { type Platform, platformStoreConfig, startPlatform } from "../local/platform.ts";
import { refuseTakenPort } from "../local/port.ts";
import type { ModelArtifact } from "../publish/artifact.ts";
import { readOrGenerateKeys } from "../publish/keys.ts";
import { type Publisher, publishModel } from "../publish/publish.ts";
import { readPublishedModel } from "../publish/read-model.ts";
import { createS3Store } from "../publish/s3-store.ts";
import type { StoreConfig } from "../publish/store-config.ts";
import { type Assessment, assessModel } from "../simulate/assess.ts";
import { catalogFor } from "../simulate/catalog.ts";
import { decideFirst, type FirstDecision } from "../simulate/first-decision.ts";
import { assessmentCrowd, historyCrowd, simulateHistory } from "../simulate/history.ts";
import type { Market } from "../simulate/market.ts";
import { buildModel } from "./build-model.ts";
import type { BuildProgress } from "./build-request.ts";
import { changePolicy, publishCatalog, readCatalog } from "./catalog.ts";
import { readCodeCommit } from "./code-commit.ts";

export interface StartRequest {
  readonly market: Market;
  /** Of the environment; the store is the embedded one, whatever it says. */
  readonly config: StoreConfig;
  /** Null takes a free one. */
  readonly port: number | null;
  /** Forgets what was published and logged; keys are kept. */
  readonly fresh: boolean;
  /** Null keeps the published catalog's, and is greedy where there is none. */
  readonly policy: Policy | null;
  readonly historyVisitors: number;
  readonly assessmentVisitors: number;
  readonly onStage: (stage: StartStage) => void;
  readonly onProgress: (progress: BuildProgress) => void;
  readonly signal: AbortSignal;
}

export type StartStage = "platform" | "catalog" | "history" | "training" | "publication" | "assessment" | "first decision";

/** `model` is null where the policy needs none and none was published. */
export interface Started {
  readonly platform: Platform;
  readonly policy: Policy;
  readonly model: { readonly version: string; readonly isNew: boolean; readonly assessment: Assessment } | null;
  readonly first: FirstDecision;
}

/** Throws `CodedError` (`port_in_use` and those of its stages), or the signal's reason; nothing listens any more then. */
export async function start(request: StartRequest): Promise<Started> {
  const { config, port, fresh, onStage } = request;
  if (port !== null) await refuseTakenPort(port);
  if (fresh) await rm(join(config.stateDir, "store"), { recursive: true, force: true });
  const keys = await readOrGenerateKeys(config);
  onStage("platform");
  const platform = await startPlatform({ port, stateDir: config.stateDir, workerVars: { PUBLIC_KEYS: keys.publicKey } });
  try {
    const embedded = platformStoreConfig(platform, config);
    const store = createS3Store(embedded, embedded.artifactBucket);
    return { platform, ...(await fill({ store, keys, channel: "stable", nowMs: Date.now() }, platform.origin, request)) };
  } catch (error) {
    await platform.dispose();
    throw error;
  }
}

async function fill(publisher: Publisher, origin: string, request: StartRequest): Promise<Omit<Started, "platform">> {
  const { market, onStage } = request;
  onStage("catalog");
  const policy = await ensureCatalog(publisher, market, request.policy);
  const published = await findModel(publisher);
  const isNew = published === null && policy.name !== "random";
  if (isNew) await trainAndPublish(publisher, request);
  const current = published ?? (await findModel(publisher));
  onStage("first decision");
  const first = await decideFirst(market, origin, current?.version ?? null);
  onStage("assessment");
  const model = current && { version: current.version, isNew, assessment: assess(current.artifact, request) };
  return { policy, model, first };
}

/** The catalog's policy from now on. A catalog that somebody published is kept, but for a policy that is asked for. */
async function ensureCatalog(publisher: Publisher, market: Market, wanted: Policy | null): Promise<Policy> {
  const current = await readCatalog(publisher);
  const policy = wanted ?? current?.catalog.policy ?? { name: "greedy" };
  if (!current) await publishCatalog(publisher, catalogFor(market, policy));
  else if (JSON.stringify(policy) !== JSON.stringify(current.catalog.policy)) await changePolicy(publisher, policy);
  return policy;
}

async function findModel({ store, keys, channel }: Publisher): Promise<{ version: string; artifact: ModelArtifact } | null> {
  const published = await readPublishedModel(store, keys.trusted, adClick.name, channel);
  return published && { version: versionOf(published.pointer.digest), artifact: published.artifact };
}

async function trainAndPublish(publisher: Publisher, { market, historyVisitors, onStage, onProgress, signal }: StartRequest) {
  onStage("history");
  const splits = await simulateHistory(adClick, historyCrowd(market, historyVisitors, publisher.nowMs));
  signal.throwIfAborted();
  onStage("training");
  const built = await buildModel({ task: adClick, splits, device: "auto", seed: market.seed, onProgress, signal });
  onStage("publication");
  const manifest = { ...built.manifest, createdMs: Date.now(), codeCommit: await readCodeCommit() };
  await publishModel({ ...publisher, nowMs: Date.now() }, { manifest, weights: built.weights });
}

function assess({ manifest, weights }: ModelArtifact, { market, assessmentVisitors }: StartRequest): Assessment {
  const { featureMap, architecture } = manifest;
  const model = { featureMap, architecture, tensors: readSafetensors(weights) };
  return assessModel(model, assessmentCrowd(market, assessmentVisitors, Date.now()));
}
