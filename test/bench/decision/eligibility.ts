// How long the candidates of a request take to be filtered, inside workerd: targeting once, and the placements one after the other.
import { fileURLToPath } from "node:url";
import { median } from "../median.ts";
import { EngineClient } from "../scorer/client.ts";
import { measureContestants } from "../scorer/rounds.ts";
import { bundleWorker } from "../workerd/bundle.ts";
import { serveWorker } from "../workerd/serve.ts";
import { type CatalogOptions, drawCatalog, drawRequests } from "./catalog.ts";
import type { EligibilityCase } from "./eligibility-case.ts";

const WORKER = fileURLToPath(new URL("eligibility-worker.ts", import.meta.url));
const REQUESTS = 1000;
const PLACEMENTS = 3;

/** Microseconds a request: all of it, and what spelling its values has of that. By CPU time where the system tells it. */
export interface EligibilityTimes {
  readonly us: number;
  readonly leastUs: number;
  readonly audienceUs: number;
  /** Candidates left in the placements of the first request. */
  readonly eligible: readonly number[];
}

/** @example const { us } = await measureEligibility(LARGE_CATALOG, 25); */
export async function measureEligibility(options: CatalogOptions, rounds: number): Promise<EligibilityTimes> {
  const catalog = drawCatalog(options);
  const one: EligibilityCase = {
    name: "catalog",
    tensors: new Map(),
    catalog,
    requests: drawRequests(options.seed + 1, REQUESTS),
    placementIds: catalog.placements.slice(0, PLACEMENTS).map(({ id }) => id),
    nowMs: Date.UTC(2026, 10, 26, 12),
  };
  const workerd = await serveWorker((await bundleWorker({ file: WORKER })).modules);
  try {
    const client = new EngineClient(workerd);
    await client.load(one);
    const cell = { shape: one.name, count: 0 };
    const eligible = [...(await client.probabilities("eligibility", cell))];
    const engines = ["eligibility", "audience"].map((engine) => ({ engine, cell }));
    const [all, audience] = (await measureContestants(client, engines, rounds)).map(({ cpu, wall }) => cpu ?? wall);
    return { us: median(all ?? []), leastUs: Math.min(...(all ?? [])), audienceUs: median(audience ?? []), eligible };
  } finally {
    await workerd.stop();
  }
}
