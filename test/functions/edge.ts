// An edge as tests see it: the whole application over real Durable Objects, its catalog and models in memory, its clock in the test's hand.
import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect } from "vitest";
import { createSiteKeyOpener } from "../../functions/access/site-key.ts";
import { type AppDependencies, createApp } from "../../functions/app.ts";
import { type Bindings, readBindings } from "../../functions/bindings.ts";
import { type CatalogIndex, indexCatalog } from "../../functions/catalog/catalog-index.ts";
import { EventRecorder } from "../../functions/events/event-recorder.ts";
import { createFrequency } from "../../functions/frequency/frequency.ts";
import { createBillOutcome } from "../../functions/ledger/bill-outcome.ts";
import { createLeaseHolder } from "../../functions/ledger/lease-holder.ts";
import { createLedgerClient, type LedgerClient } from "../../functions/ledger/ledger-client.ts";
import type { ChannelLoader } from "../../functions/model/channel-loader.ts";
import type { LoadFailure } from "../../functions/model/load-failure.ts";
import { createLoaderPool } from "../../functions/model/loader-pool.ts";
import type { EdgeModel } from "../../functions/model/model.ts";
import { ProblemDocument } from "../../functions/routes/problem.ts";
import { createMetrics, type Metrics } from "../../functions/telemetry/metrics.ts";
import { importHmacKey } from "../../shared/access/signed-text.ts";
import { parse } from "../../shared/schemas/coded-error.ts";
import { DecisionResponse } from "../../shared/schemas/decisions.ts";
import type { Event } from "../../shared/schemas/events.ts";
import { MemoryStore } from "../memory-store.ts";
import { CATALOG, MODEL } from "./decision/example-market.ts";
import { createManualClock, type ManualClock } from "./ledger/manual-clock.ts";

export const NOW_MS = Date.UTC(2026, 10, 24, 12);
export const ORIGIN = "https://edge.example";
export const trackingKey = importHmacKey("a secret");
export const siteKeySecret = importHmacKey("a site secret");

/** How much longer than in production counters may take: this machine is slow, and that is not what is tested. */
const PATIENCE_MS = 20_000;

/** What a loader has come to: a value, or the reason why there is none. */
export function loaderOf<T>(value: T | LoadFailure): ChannelLoader<T> {
  const failure = typeof value === "string" ? (value as LoadFailure) : null; // values are objects
  const current = failure ? null : { value: value as T, version: MODEL.version, sequence: 3, loadedMs: NOW_MS }; // no failure: a value
  return { current, lastFailure: failure, get: async () => current };
}

/** `isHasty` gives counters no more time than production does. */
export interface EdgeState {
  readonly catalog?: CatalogIndex | LoadFailure;
  readonly catalogLoader?: ChannelLoader<CatalogIndex>;
  readonly model?: EdgeModel | LoadFailure;
  readonly conversionModel?: EdgeModel | LoadFailure;
  readonly sinkIsBroken?: boolean;
  readonly clock?: ManualClock;
  readonly bindings?: Partial<Pick<Bindings, "subjectViews" | "campaignLedger">>;
  readonly trackingKey?: Promise<CryptoKey>;
  readonly drawSeed?: () => number;
  readonly isHasty?: boolean;
}

/** One isolate. Several that share a clock share the world: counters and ledgers are the same for all. */
export function createEdge(state: EdgeState = {}) {
  const clock = state.clock ?? createManualClock(NOW_MS);
  const events: Event[] = [];
  const metrics = createMetrics();
  const life = { isOver: false };
  const app = createApp(dependenciesOf(state, clock, events, metrics, life));
  const behind: ExecutionContext[] = [];
  /** The answer; what goes on behind it is waited for by `settle`. */
  const ask = async (path: string, init?: RequestInit) => {
    const context = createExecutionContext();
    behind.push(context);
    return app.request(`${ORIGIN}${path}`, init, {}, context);
  };
  const settle = async () => {
    if (!life.isOver) await Promise.all(behind.splice(0).map((context) => waitOnExecutionContext(context)));
  };
  /** For requests that leave nothing to wait for on the clock. */
  const send = async (path: string, init?: RequestInit) => {
    const response = await ask(path, init);
    await settle();
    return response;
  };
  const post = (path: string, body: unknown, type = "application/json") => send(path, postOf(body, { "content-type": type }));
  const decide = async (body: unknown, query = "", headers: Record<string, string> = {}) => {
    const response = await ask(`/v1/decisions${query}`, postOf(body, { "content-type": "application/json", ...headers }));
    expect(response.status).toBe(200);
    return parse(DecisionResponse, await response.json());
  };
  /** No word of its leases reaches a ledger any more. */
  const die = () => void (life.isOver = true);
  return { app, ask, send, post, decide, settle, die, events, metrics, clock };
}
export type Edge = ReturnType<typeof createEdge>;

/** Time goes on, for all isolates; leases that nobody uses any more are given back meanwhile. */
export async function pass(ms: number, clock: ManualClock, edges: readonly Edge[]): Promise<void> {
  await clock.advance(ms);
  await Promise.all(edges.map((edge) => edge.settle()));
}

function dependenciesOf(
  state: EdgeState,
  clock: ManualClock,
  events: Event[],
  metrics: Metrics,
  life: { readonly isOver: boolean },
): AppDependencies {
  const { nowMs } = clock;
  const { subjectViews, campaignLedger } = { ...readBindings(env), ...state.bindings };
  const isReal = state.bindings?.campaignLedger === undefined;
  const client = mortal(createLedgerClient(campaignLedger, metrics), isReal ? clock : null, life);
  const ledger = createLeaseHolder({
    client,
    isolateId: crypto.randomUUID(),
    nowMs,
    wait: (ms) => clock.wait(ms).then(() => (life.isOver ? new Promise<void>(() => {}) : undefined)),
    onFailure: () => metrics.leases.add({ outcome: "failed" }),
  });
  const frequency = createFrequency({ subjects: subjectViews, subjectKey: importHmacKey("a subject secret"), nowMs, metrics });
  const patienceMs = state.isHasty ? 0 : PATIENCE_MS;
  const catalogLoader = state.catalogLoader ?? loaderOf(state.catalog ?? indexCatalog(CATALOG));
  const models = new Map([
    ["ad-click", state.model ?? MODEL.value],
    ["ad-purchase", state.conversionModel ?? "pointer_missing"],
  ]);
  return {
    catalogLoader,
    models: createLoaderPool((name) => loaderOf(models.get(name) ?? "pointer_missing")),
    ...createEventWays(state, events, metrics),
    trackingKey: state.trackingKey ?? trackingKey,
    billOutcome: createBillOutcome({ catalogLoader, client, ledger, nowMs, metrics }),
    openSiteKey: createSiteKeyOpener(siteKeySecret),
    frequency: {
      ...frequency,
      hold: (asked, waitUntil) => frequency.hold({ ...asked, deadlineMs: asked.deadlineMs + patienceMs }, waitUntil),
    },
    ledger,
    publicOrigin: "",
    admin: {
      ...{ db: null, adminKeys: "", store: new MemoryStore(), signingKey: "", publicKeys: "", nowMs },
      ledgers: campaignLedger,
    },
    nowMs,
    drawSeed: state.drawSeed ?? (() => 7),
    metrics,
  };
}

/** Of what is recorded behind a response nothing waits for the clock. */
function createEventWays({ sinkIsBroken }: EdgeState, events: Event[], metrics: Metrics) {
  const take = async (some: readonly Event[]) => {
    if (sinkIsBroken) throw new Error("the queue is down");
    events.push(...some);
  };
  const send: Queue<string>["send"] = async (message) => {
    await take(message.split("\n").map((line) => JSON.parse(line) as Event)); // what the recorder wrote
    return { metadata: { metrics: { backlogCount: 0, backlogBytes: 0 } } };
  };
  const recorder = new EventRecorder({ queue: { send }, nowMs: () => NOW_MS, wait: async () => {}, onTrim: () => {}, metrics });
  return { sink: { write: take }, recordDecision: (event: Event) => recorder.record(event) };
}

/** A client that the clock waits for, if there is one, and that falls silent when its isolate dies. */
function mortal(real: LedgerClient, clock: ManualClock | null, life: { readonly isOver: boolean }): LedgerClient {
  const track = clock?.track ?? ((work) => work);
  return { ...real, exchange: (...asked) => (life.isOver ? new Promise(() => {}) : track(real.exchange(...asked))) };
}

const toBody = (body: unknown) => (typeof body === "string" || body instanceof ReadableStream ? body : JSON.stringify(body));
const postOf = (body: unknown, headers: Record<string, string>) => ({ method: "POST", headers, body: toBody(body) });

export async function problemOf(response: Response): Promise<ProblemDocument> {
  expect(response.headers.get("content-type")).toBe("application/problem+json");
  return parse(ProblemDocument, await response.json());
}

/** Ids of what is shown, of all placements. */
export const creativesOf = ({ placements }: DecisionResponse): string[] =>
  placements.flatMap(({ creatives }) => creatives.map(({ creativeId }) => creativeId));

/** The path of a URL that the edge gave. */
export const pathOf = (url: string | undefined): string => new URL(url ?? "").pathname;
