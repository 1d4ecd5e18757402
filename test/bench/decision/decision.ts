// npm run bench -- decision: what an ad decision takes, whole, against a Hono app that only parses the same body and echoes it.
import { fileURLToPath } from "node:url";
import type { DecisionEvent } from "../../../shared/schemas/decision-record.ts";
import type { ModelArtifact } from "../../../training/publish/artifact.ts";
import type { Benchmark } from "../benchmark.ts";
import { bundleAsUploaded, readSettings } from "../bundle/worker.ts";
import { describeMachine } from "../machine.ts";
import { formatTable } from "../table.ts";
import { bundleWorker } from "../workerd/bundle.ts";
import { serveWorker, type Workerd } from "../workerd/serve.ts";
import { LARGE_CATALOG } from "./catalog.ts";
import { type Edge, startEdge } from "./edge.ts";
import { measureEligibility } from "./eligibility.ts";
import { type LoadClient, startLoadClient } from "./load-client.ts";
import { CONVERSION_TASK, drawMarket, type MarketOptions, PLACEMENTS } from "./market.ts";
import { measureOnce, measureRounds, type Served, type Target } from "./measure.ts";
import { renameModel, trainModel } from "./model.ts";
import { drawBodies } from "./requests.ts";

const PEER = fileURLToPath(new URL("peer.ts", import.meta.url));
const CONNECTIONS = [1, 16];

/** What is decided on: the first is measured against the peer. */
const CASES: Readonly<Record<string, MarketOptions & { readonly query?: string }>> = {
  "1,000 campaigns": { campaignCount: 1000, caps: true, budgets: true },
  "without caps": { campaignCount: 1000, caps: false, budgets: true },
  "without budgets": { campaignCount: 1000, caps: true, budgets: false },
  "with neither": { campaignCount: 1000, caps: false, budgets: false },
  "with an explanation": { campaignCount: 1000, caps: true, budgets: true, query: "?explain=true" },
  "half as many campaigns": { campaignCount: 420, caps: true, budgets: true },
};
const [WHOLE, HALF] = ["1,000 campaigns", "half as many campaigns"] as const;

/** `scored` and `recordBytes` on average, of the records that the queue was sent. */
interface CaseResult extends Served {
  readonly scored: number;
  readonly recordBytes: number;
}

interface Comparison {
  readonly connections: number;
  readonly edge: Served;
  readonly peer: Served;
}

/** What all cases share. */
interface Bench {
  readonly client: LoadClient;
  readonly peer: Workerd;
  readonly bodies: readonly string[];
  readonly start: (options: MarketOptions) => Promise<Edge>;
  readonly seconds: number;
  readonly rounds: number;
}

export const decision: Benchmark = {
  summary: "ad decisions through the real Worker in workerd, against a Hono echo: throughput, p99, CPU (about four minutes)",
  async run({ quick, progress }) {
    progress("a short training of the ad-click model");
    const bench = await prepare(quick);
    const comparisons: Comparison[] = [];
    const cases: Record<string, CaseResult> = {};
    try {
      for (const [name, options] of Object.entries(CASES)) {
        progress(name);
        const edge = await bench.start(options);
        try {
          cases[name] = await measureCase(bench, edge, name, options.query);
          if (name === WHOLE) comparisons.push(...(await compare(bench, edge)));
        } finally {
          await edge.stop();
        }
      }
    } finally {
      bench.client.stop();
      await bench.peer.stop();
    }
    progress("eligibility of 10,000 flights");
    const eligibility = await measureEligibility(LARGE_CATALOG, quick ? 5 : 25);
    const busiest = comparisons.at(-1) as Comparison; // CONNECTIONS has some
    const result = {
      machine: describeMachine(),
      throughputRatio: busiest.edge.perSecond / busiest.peer.perSecond,
      p99Ratio: busiest.edge.p99Ms / busiest.peer.p99Ms,
      cpuMsPerDecision: cases[HALF]?.cpuMs,
      eligibility10kUs: eligibility.us,
      comparisons,
      cases,
      eligibility,
    };
    return { result, text: describe(result) };
  },
};

async function prepare(quick: boolean): Promise<Bench> {
  const settings = readSettings();
  const model = await trainModel(drawMarket(CASES[WHOLE] as MarketOptions)); // its own key
  const models: ModelArtifact[] = [model, await renameModel(model, CONVERSION_TASK)];
  const { modules } = await bundleAsUploaded({ file: settings.main }, settings);
  const start = (options: MarketOptions) => startEdge({ settings, modules, models, catalog: drawMarket(options) });
  const peer = await serveWorker((await bundleAsUploadedPeer()).modules);
  return {
    client: startLoadClient(),
    peer,
    bodies: drawBodies(PLACEMENTS),
    start,
    seconds: quick ? 2 : 5,
    rounds: quick ? 3 : 5,
  };
}

const bundleAsUploadedPeer = () => bundleWorker({ file: PEER }, { minify: true });

async function measureCase({ client, bodies, seconds }: Bench, edge: Edge, name: string, query = ""): Promise<CaseResult> {
  const target = targetOf(edge, bodies, name, query);
  await measureOnce(client, target, 4, seconds);
  const lines = await edge.queue.keepDuring(() => measureOnce(client, target, 1, 0.5));
  const records = lines.flatMap((line) => line.split("\n")).map((line) => JSON.parse(line) as DecisionEvent); // what the Worker sent
  const scored = records.flatMap(({ placements }) =>
    placements.flatMap(({ tiers }) => tiers.map((one) => one.creativeIds.length)),
  );
  const { [name]: served } = await measureRounds(client, [target], { connectionCount: 1, rounds: 3, seconds });
  return {
    ...(served as Served), // its own target's
    scored: sum(scored) / records.length,
    recordBytes: sum(lines.map((line) => line.length)) / records.length,
  };
}

async function compare({ client, peer, bodies, rounds, seconds }: Bench, edge: Edge): Promise<Comparison[]> {
  const ours = targetOf(edge, bodies, "edge");
  const echo = { ...ours, name: "peer", workerd: peer };
  await measureOnce(client, echo, 4, seconds);
  const comparisons: Comparison[] = [];
  for (const connectionCount of CONNECTIONS) {
    const served = await measureRounds(client, [ours, echo], { connectionCount, rounds, seconds });
    comparisons.push({ connections: connectionCount, edge: served.edge as Served, peer: served.peer as Served }); // by their names
  }
  return comparisons;
}

const targetOf = ({ workerd, siteKey }: Edge, bodies: readonly string[], name: string, query = ""): Target => ({
  ...{ name, workerd, bodies, query },
  headers: { authorization: `Bearer ${siteKey}` },
});

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

interface Result {
  readonly throughputRatio: number;
  readonly p99Ratio: number;
  readonly cpuMsPerDecision: number | undefined;
  readonly eligibility10kUs: number;
  readonly comparisons: readonly Comparison[];
  readonly cases: Readonly<Record<string, CaseResult>>;
}

function describe({ throughputRatio, p99Ratio, cpuMsPerDecision, eligibility10kUs, comparisons, cases }: Result): string {
  const served = (name: string, { perSecond, p50Ms, p99Ms, cpuMs }: Served) => [
    name,
    perSecond.toFixed(0),
    p50Ms.toFixed(2),
    p99Ms.toFixed(2),
    cpuMs.toFixed(3),
  ];
  const head = ["", "a second", "p50 ms", "p99 ms", "CPU ms"];
  const against = comparisons.flatMap(({ connections, edge, peer }) => [
    served(`decision, ${connections} connections`, edge),
    served(`Hono echo, ${connections} connections`, peer),
  ]);
  const variants = Object.entries(cases).map(([name, one]) => [
    ...served(name, one),
    one.scored.toFixed(0),
    one.recordBytes.toFixed(0),
  ]);
  return [
    formatTable([head, ...against]),
    formatTable([["one connection", ...head.slice(1), "scored", "record bytes"], ...variants]),
    `throughputRatio ${throughputRatio.toFixed(2)}, p99Ratio ${p99Ratio.toFixed(2)}, cpuMsPerDecision ${cpuMsPerDecision?.toFixed(3)}, eligibility10kUs ${eligibility10kUs.toFixed(0)}`,
    NOTES,
  ].join("\n\n");
}

const NOTES = `CPU is that of the whole process of workerd: the Worker with its Durable Objects, which in production are elsewhere. Their databases are
files in the system's temporary folder (TMPDIR): where that is a slow disk, every hold waits for it. Records go through the queue's producer to a consumer in another process, which
acknowledges them. The model is a DCN-v2 of the size of npm start's, shortly trained on made-up impressions; the\nsame scores conversions for those who pay for them. 300 readers come back, so that their objects are awake.`;
