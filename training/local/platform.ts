// The embedded platform: miniflare in this process, with the two buckets behind its S3 endpoint and, if wanted, the real Worker with its
// database, all migrations applied.
import { join } from "node:path";
import { convertV4MiniflareOptions, Log, LogLevel, Miniflare, type V4WorkerOptions } from "miniflare";
import { LOCAL_CREDENTIALS, LOCAL_STORE_PATH, type StoreConfig, type StoreCredentials } from "../publish/store-config.ts";
import { applyMigrations } from "./migrations.ts";
import { findFreePort } from "./port.ts";
import { loadWorker } from "./worker-bundle.ts";

export interface PlatformOptions {
  /** Port on loopback; null takes a free one. */
  readonly port: number | null;
  /** State folder, in whose `store/` objects persist; null forgets them on `dispose`. */
  readonly stateDir: string | null;
  /** Variables of the Worker, over those of wrangler.toml; null serves the store alone. */
  readonly workerVars: Readonly<Record<string, string>> | null;
}

export interface Platform {
  /** `http://localhost:PORT`, without a slash at the end. */
  readonly origin: string;
  readonly storeEndpoint: string;
  readonly credentials: StoreCredentials;
  dispose(): Promise<void>;
}

export const ARTIFACT_BUCKET = "selvedge-artifacts";
export const EVENT_BUCKET = "selvedge-events";

const IDLE_SCRIPT = "export default { fetch: () => new Response(null, { status: 404 }) }";

/**
 * Starts it, and answers once it listens. The Worker reaches the store over HTTP on the same origin, as it would in production;
 * `STORE_ENDPOINT` and its credentials are set accordingly unless `workerVars` says otherwise.
 *
 * @example const platform = await startPlatform({ port: null, stateDir: null, workerVars: null });
 */
export async function startPlatform({ port, stateDir, workerVars }: PlatformOptions): Promise<Platform> {
  const listenPort = port ?? (await findFreePort());
  const origin = `http://localhost:${listenPort}`;
  const storeEndpoint = `${origin}${LOCAL_STORE_PATH}`;
  const worker: V4WorkerOptions = workerVars
    ? await loadWorker({ ...storeVars(storeEndpoint), ...workerVars })
    : { modules: true, script: IDLE_SCRIPT };
  const leaveSignals = watchSignals();
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      host: "localhost",
      port: listenPort,
      cf: false, // true would fetch a sample of request properties from the internet
      log: new Log(LogLevel.WARN),
      telemetry: { enabled: false },
      ...(stateDir !== null && { resourcePersistencePath: join(stateDir, "store") }),
      workers: [{ name: "selvedge", ...worker, r2Buckets: { ...worker.r2Buckets, ...buckets } }],
    }),
  );
  leaveSignals();
  await miniflare.ready;
  if (workerVars) await applyMigrations(await miniflare.getD1Database("CATALOG_DB", "selvedge"));
  return { origin, storeEndpoint, credentials: LOCAL_CREDENTIALS, dispose: () => miniflare.dispose() };
}

/**
 * miniflare ends the process at once on a signal, as a failure. Forgets the listeners added since: whoever started the platform
 * disposes of it, and when the process exits without that, miniflare still stops workerd.
 */
function watchSignals(): () => void {
  const signals = ["SIGINT", "SIGTERM"] as const;
  const before = new Map(signals.map((signal) => [signal, process.listeners(signal)]));
  return () => {
    for (const [signal, listeners] of before) {
      for (const added of process.listeners(signal).filter((one) => !listeners.includes(one))) process.off(signal, added);
    }
  };
}

/** The store's configuration for jobs that run beside a platform, whatever the environment says. */
export function platformStoreConfig({ storeEndpoint, credentials }: Platform, standard: StoreConfig): StoreConfig {
  return { ...standard, endpoint: storeEndpoint, credentials, artifactBucket: ARTIFACT_BUCKET, eventBucket: EVENT_BUCKET };
}

const buckets = {
  LOCAL_ARTIFACTS: { id: ARTIFACT_BUCKET, s3Credentials: { ...LOCAL_CREDENTIALS } },
  LOCAL_EVENTS: { id: EVENT_BUCKET, s3Credentials: { ...LOCAL_CREDENTIALS } },
};

const storeVars = (storeEndpoint: string) => ({
  STORE_ENDPOINT: storeEndpoint,
  STORE_REGION: "auto",
  ARTIFACT_BUCKET,
  EVENT_BUCKET,
  STORE_ACCESS_KEY_ID: LOCAL_CREDENTIALS.accessKeyId,
  STORE_SECRET_ACCESS_KEY: LOCAL_CREDENTIALS.secretAccessKey,
});
