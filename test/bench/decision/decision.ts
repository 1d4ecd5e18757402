// npm run bench -- decision: what an ad decision takes, whole, against a Hono app that only parses the same body and echoes it.
import type { ModelArtifact } from "../../../training/publish/artifact.ts";
import type { Benchmark } from "../benchmark.ts";
import { bundleAsUploaded, readSettings } from "../bundle/worker.ts";
import { describeMachine } from "../machine.ts";
import { CASES, type CaseName, type CaseOptions, type CaseResult, readRecords } from "./cases.ts";
import { LARGE_CATALOG } from "./catalog.ts";
import { CONNECTION_COUNT, type Comparison, compare, type Effort } from "./comparison.ts";
import { type Edge, startEdge } from "./edge.ts";
import { measureEligibility } from "./eligibility.ts";
import { figuresOf } from "./figures.ts";
import { type LoadClient, startLoadClient } from "./load-client.ts";
import { CONVERSION_TASK, drawMarket, type MarketOptions, PLACEMENTS } from "./market.ts";
import { measureRounds, type Target } from "./measure.ts";
import { renameModel, trainModel } from "./model.ts";
import { describeResult } from "./report.ts";
import { drawBodies } from "./requests.ts";
import { warmUp } from "./warm-up.ts";

const WHOLE: CaseName = "1,000 campaigns";

const FULL: Effort = { rounds: 5, seconds: 2.5, openSeconds: 5, warmUpSeconds: 9 };
const QUICK: Effort = { rounds: 3, seconds: 1, openSeconds: 2.5, warmUpSeconds: 6 };

/** What all cases share. */
interface Bench {
  readonly client: LoadClient;
  readonly bodies: readonly string[];
  readonly start: (options: MarketOptions) => Promise<Edge>;
  readonly effort: Effort;
}

export const decision: Benchmark = {
  summary: "ad decisions through the real Worker in workerd, against a Hono echo: throughput, p99, CPU (about five minutes)",
  async run({ quick, progress }) {
    const machine = describeMachine();
    progress("a short training of the ad-click model");
    const bench = await prepare(quick ? QUICK : FULL);
    try {
      progress(`${WHOLE}, the floor and the echo`);
      const { comparison, ...whole } = await compareWhole(bench);
      const results: [string, CaseResult][] = [[WHOLE, whole.result]];
      for (const [name, options] of Object.entries<CaseOptions>(CASES)) {
        if (name === WHOLE) continue;
        progress(name);
        results.push([name, await measureCase(bench, options)]);
      }
      const cases = Object.fromEntries(results) as Record<CaseName, CaseResult>; // each of CASES
      progress("eligibility of 10,000 flights");
      const eligibility = await measureEligibility(LARGE_CATALOG, quick ? 5 : 25);
      const figures = figuresOf(comparison, cases, eligibility.us);
      return {
        result: { machine, ...figures, comparison, cases, eligibility },
        text: describeResult({ machine, comparison, cases, figures }),
      };
    } finally {
      bench.client.stop();
    }
  },
};

async function prepare(effort: Effort): Promise<Bench> {
  const settings = readSettings();
  const model = await trainModel(drawMarket(CASES[WHOLE]));
  const models: ModelArtifact[] = [model, await renameModel(model, CONVERSION_TASK)];
  const { modules } = await bundleAsUploaded({ file: settings.main }, settings);
  return {
    client: startLoadClient(),
    bodies: drawBodies(PLACEMENTS),
    start: (options) => startEdge({ settings, modules, models, catalog: drawMarket(options) }),
    effort,
  };
}

async function compareWhole(bench: Bench): Promise<{ readonly comparison: Comparison; readonly result: CaseResult }> {
  return withEdge(bench, CASES[WHOLE], async (edge, target) => {
    const recorded = await readRecords(bench.client, edge, target, CONNECTION_COUNT);
    const comparison = await compare(bench.client, target, recorded, bench.effort);
    return { comparison, result: { ...comparison.saturated.decision, ...recorded } };
  });
}

async function measureCase(bench: Bench, options: CaseOptions): Promise<CaseResult> {
  return withEdge(bench, options, async (edge, target) => {
    const recorded = await readRecords(bench.client, edge, target, CONNECTION_COUNT);
    const load = { connectionCount: CONNECTION_COUNT, rounds: 3, seconds: bench.effort.seconds };
    const { decision } = await measureRounds(bench.client, { decision: target }, load);
    return { ...decision, ...recorded };
  });
}

/** The target is warm. */
async function withEdge<T>(
  { client, bodies, start, effort }: Bench,
  { query = "", ...market }: CaseOptions,
  work: (edge: Edge, target: Target) => Promise<T>,
): Promise<T> {
  const edge = await start(market);
  try {
    const target = { workerd: edge.workerd, bodies, query, headers: { authorization: `Bearer ${edge.siteKey}` } };
    await warmUp(client, target, CONNECTION_COUNT, effort.warmUpSeconds);
    return await work(edge, target);
  } finally {
    await edge.stop();
  }
}
