// The whole edge for a catalog: a store that it was published to, a queue, Durable Objects on disk, and the real Worker in workerd.

import { importHmacKey } from "../../../shared/access/signed-text.ts";
import { issueSiteKey } from "../../../shared/access/site-key.ts";
import type { Catalog } from "../../../shared/catalog/catalog.ts";
import { publishCatalog } from "../../../training/jobs/catalog.ts";
import { ARTIFACT_BUCKET, startPlatform } from "../../../training/local/platform.ts";
import type { ModelArtifact } from "../../../training/publish/artifact.ts";
import { publishModel } from "../../../training/publish/publish.ts";
import { createS3Store } from "../../../training/publish/s3-store.ts";
import { testKeys } from "../../signing-keys.ts";
import type { WorkerSettings } from "../bundle/worker.ts";
import type { WorkerModule } from "../workerd/bundle.ts";
import { serveWorker, type Workerd } from "../workerd/serve.ts";
import { type QueueConsumer, startQueueConsumer } from "./queue-consumer.ts";

export interface Edge {
  readonly workerd: Workerd;
  readonly queue: QueueConsumer;
  /** The key of the one site that the catalog has. */
  readonly siteKey: string;
  stop(): Promise<void>;
}

export interface EdgeOptions {
  readonly settings: WorkerSettings;
  readonly modules: readonly WorkerModule[];
  readonly catalog: Catalog;
  readonly models: readonly ModelArtifact[];
  readonly inspectorPort?: number;
}

/** As in production: a pointer is believed for 10 s. */
const POINTER_TTL_MS = "10000";

export async function startEdge({ settings, modules, catalog, models, ...rest }: EdgeOptions): Promise<Edge> {
  const platform = await startPlatform({ port: null, stateDir: null, workerVars: null });
  const { storeEndpoint, credentials } = platform;
  const keys = await testKeys("first");
  const store = createS3Store({ endpoint: storeEndpoint, region: "auto", credentials }, ARTIFACT_BUCKET);
  const publisher = { store, keys, channel: "stable" as const, nowMs: Date.now() };
  for (const model of models) await publishModel(publisher, model);
  await publishCatalog(publisher, catalog);
  const { vars } = settings.environment;
  const queue = await startQueueConsumer();
  const own = { STORE_ENDPOINT: storeEndpoint, PUBLIC_KEYS: keys.publicKey, POINTER_TTL_MS };
  const environment = { ...settings.environment, vars: { ...vars, ...own }, queueAddress: queue.address, ...rest };
  const workerd = await serveWorker(modules, environment);
  const claims = { siteId: "news", issuedMs: Date.now(), expiresMs: null };
  const siteKey = await issueSiteKey(claims, await importHmacKey(vars.SITE_KEY_SECRET ?? ""));
  return {
    workerd,
    queue,
    siteKey,
    stop: async () => {
      await workerd.stop();
      queue.stop();
      await platform.dispose();
    },
  };
}
