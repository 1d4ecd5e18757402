// What the routes and the consumer stand on, put together once an isolate from its bindings.
import { importHmacKey } from "../shared/access/signed-text.ts";
import { CATALOG_NAME } from "../shared/artifact/keys.ts";
import type { Event } from "../shared/schemas/events.ts";
import { createSiteKeyOpener } from "./access/site-key.ts";
import type { AppDependencies } from "./app.ts";
import type { Bindings } from "./bindings.ts";
import { createCatalogLoader } from "./catalog/catalog-loader.ts";
import type { ConsumerDependencies } from "./events/consumer.ts";
import { EventRecorder } from "./events/event-recorder.ts";
import type { TrimReason } from "./events/event-size.ts";
import { createQueueSink } from "./events/queue-sink.ts";
import { createFrequency } from "./frequency/frequency.ts";
import { createBillOutcome } from "./ledger/bill-outcome.ts";
import { createLeaseHolder } from "./ledger/lease-holder.ts";
import { createLedgerClient } from "./ledger/ledger-client.ts";
import { createEdgeStore } from "./model/edge-store.ts";
import { kernel } from "./model/kernel.ts";
import { createLoaderPool } from "./model/loader-pool.ts";
import { createModelLoader } from "./model/model.ts";
import { createObjectCache } from "./model/object-cache.ts";
import { createMetrics, type Metrics } from "./telemetry/metrics.ts";

/** Bound on one request to the store, and the longest that a reader waits for a first load. */
const STORE_TIMEOUT_MS = 2000;
const FIRST_LOAD_MS = 2500;

/** Nobody waits for a batch of events, and it may be as large as 6.4 MB: 50 messages of 128 KB. */
const EVENT_STORE_TIMEOUT_MS = 30_000;

/** Publishing writes, and reads back, a catalog of some megabytes. */
const PUBLICATION_TIMEOUT_MS = 20_000;

export type Dependencies = AppDependencies & ConsumerDependencies;

export function createDependencies(bindings: Bindings): Dependencies {
  const metrics = createMetrics();
  const nowMs = () => Date.now();
  const drawn = new Uint32Array(1);
  const loaders = createLoaders(bindings, metrics);
  const ledgers = createLedgers(bindings, nowMs, metrics);
  return {
    ...loaders,
    metrics,
    ...createEventWays(bindings, nowMs, metrics),
    eventStore: createEdgeStore({ ...bindings.store, bucket: bindings.eventBucket, timeoutMs: EVENT_STORE_TIMEOUT_MS }),
    trackingKey: importHmacKey(bindings.trackingSecret),
    billOutcome: createBillOutcome({ ...loaders, ...ledgers, nowMs, metrics }),
    ledger: ledgers.ledger,
    openSiteKey: createSiteKeyOpener(importHmacKey(bindings.siteKeySecret)),
    frequency: createFrequency({
      subjects: bindings.subjectViews,
      subjectKey: importHmacKey(bindings.subjectSecret),
      nowMs,
      metrics,
    }),
    publicOrigin: bindings.publicOrigin,
    admin: {
      db: bindings.catalogDb,
      adminKeys: bindings.adminKeys,
      signingKey: bindings.signingKey,
      publicKeys: bindings.publicKeys,
      ledgers: bindings.campaignLedger,
      store: createEdgeStore({ ...bindings.store, bucket: bindings.artifactBucket, timeoutMs: PUBLICATION_TIMEOUT_MS }),
      nowMs,
    },
    nowMs,
    drawSeed: () => crypto.getRandomValues(drawn)[0] as number, // an array of one has a first
  };
}

const wait = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** Straight for those who answer only when their events are safe; shared for what follows behind a response. */
function createEventWays({ eventQueue: queue }: Bindings, nowMs: () => number, metrics: Metrics) {
  const onTrim = (reason: TrimReason) => metrics.eventsTrimmed.add({ reason });
  const recorder = new EventRecorder({ queue, nowMs, wait, onTrim, metrics });
  return { sink: createQueueSink(queue, onTrim), recordDecision: (event: Event) => recorder.record(event) };
}

function createLedgers({ campaignLedger }: Bindings, nowMs: () => number, metrics: Metrics) {
  const client = createLedgerClient(campaignLedger, metrics);
  const ledger = createLeaseHolder({
    client,
    isolateId: crypto.randomUUID(),
    nowMs,
    wait,
    onFailure: (error) => {
      reportError(error);
      metrics.leases.add({ outcome: "failed" });
    },
  });
  return { client, ledger };
}

function createLoaders({ store, artifactBucket, publicKeys, pointerTtlMs }: Bindings, metrics: Metrics) {
  const source = {
    reader: createEdgeStore({ ...store, bucket: artifactBucket, timeoutMs: STORE_TIMEOUT_MS }),
    cache: createObjectCache(caches.default, `${store.endpoint}/${artifactBucket}`),
    publicKeys,
    ttlMs: pointerTtlMs,
    firstLoadMs: FIRST_LOAD_MS,
    nowMs: () => Date.now(),
  };
  const countFailure = (name: string, channel: string) => ({
    onFailure: (reason: string) => metrics.loadFailures.add({ name, channel, reason }),
  });
  return {
    catalogLoader: createCatalogLoader({ ...source, ...countFailure(CATALOG_NAME, "stable") }),
    models: createLoaderPool((name, channel) =>
      createModelLoader({ ...source, ...countFailure(name, channel), kernel, name, channel }),
    ),
  };
}
