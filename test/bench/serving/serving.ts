// npm run bench -- serving: what a request costs the edge from raw records to calibrated probabilities, inside workerd.
import { fileURLToPath } from "node:url";
import { BagWriter } from "../../../shared/features/bags.ts";
import { createEncoder } from "../../../shared/features/encode.ts";
import { calibrate } from "../../../shared/scoring/calibration.ts";
import { createReferenceScorer } from "../../../shared/scoring/reference.ts";
import type { Benchmark } from "../benchmark.ts";
import { describeMachine } from "../machine.ts";
import { median, spread } from "../median.ts";
import { EngineClient } from "../scorer/client.ts";
import { measureContestants, type Times } from "../scorer/rounds.ts";
import { formatTable } from "../table.ts";
import { bundleWorker } from "../workerd/bundle.ts";
import { serveWorker } from "../workerd/serve.ts";
import { frappeCases } from "./frappe-cases.ts";
import type { ServedCase } from "./served-case.ts";

const WORKER = fileURLToPath(new URL("worker.ts", import.meta.url));
const CANDIDATES = 100;

/** Names are those of worker.ts. */
const ENGINES: Readonly<Record<string, string>> = {
  served: "raw records to probabilities",
  servedKnown: "as above, creatives of the catalog",
  encoded: "encoding alone",
  scored: "scoring alone",
};

/** Microseconds a request of 100 candidates, by CPU time where the system tells it. */
interface Cost {
  readonly us: number;
  readonly leastUs: number;
  readonly spread: number;
}

/** By model, then by engine. */
type Costs = Readonly<Record<string, Readonly<Record<string, Cost>>>>;

export const serving: Benchmark = {
  summary: "microseconds of the edge for 100 raw candidates of Frappe's models, inside workerd (about a minute)",
  async run({ quick, progress }) {
    const machine = describeMachine();
    const cases = await frappeCases(CANDIDATES, progress);
    if (!cases) return { result: { machine, leftOut: LEFT_OUT }, text: `left out: frappe: ${LEFT_OUT.frappe}` };
    const workerd = await serveWorker((await bundleWorker({ file: WORKER })).modules);
    try {
      const client = new EngineClient(workerd);
      for (const one of cases) await loadAndCheck(client, one);
      progress(`${cases.length} models, ${Object.keys(ENGINES).length} ways each`);
      const costs = await measure(client, cases, quick ? 5 : 25);
      return { result: { machine, candidates: CANDIDATES, costs }, text: describe(costs) };
    } finally {
      await workerd.stop();
    }
  },
};

const LEFT_OUT = { frappe: "its files are not in ../shared/data/frappe" };

/** @throws Error where the probabilities are not the reference's, bit for bit */
async function loadAndCheck(client: EngineClient, one: ServedCase): Promise<void> {
  await client.load(one);
  const expected = expectedProbabilities(one);
  for (const engine of ["served", "servedKnown", "scored"]) {
    const found = await client.probabilities(engine, { shape: one.name, count: CANDIDATES });
    if (found.join() !== expected.join()) throw new Error(`${engine} answers ${found}; expected ${expected}`);
  }
}

async function measure(client: EngineClient, cases: readonly ServedCase[], rounds: number): Promise<Costs> {
  const contestants = cases.flatMap(({ name }) =>
    Object.keys(ENGINES).map((engine) => ({ engine, cell: { shape: name, count: CANDIDATES } })),
  );
  const times = await measureContestants(client, contestants, rounds);
  const costOf = ({ cpu, wall }: Times): Cost => {
    const each = cpu ?? wall;
    return { us: median(each), leastUs: Math.min(...each), spread: spread(each) };
  };
  const costs: Record<string, Record<string, Cost>> = {};
  for (const [index, { engine, cell }] of contestants.entries())
    (costs[cell.shape] ??= {})[engine] = costOf(times[index] as Times); // one each
  return costs;
}

/** By the integer reference, in Node, from the same raw records. */
function expectedProbabilities({ manifest, tensors, context, candidates }: ServedCase): number[] {
  const encoder = createEncoder(manifest.featureMap);
  const bags = { context: new BagWriter(encoder.context.fieldCount), candidate: new BagWriter(encoder.candidate.fieldCount) };
  encoder.context.encode(context, bags.context);
  for (const candidate of candidates) encoder.candidate.encode(candidate, bags.candidate, context);
  const { logits } = createReferenceScorer({ ...manifest, tensors }).score(bags.context.view(), bags.candidate.view());
  return Array.from(logits, (logit) => calibrate(logit, manifest.calibration));
}

function describe(costs: Costs): string {
  const models = Object.values(costs);
  const rows = Object.entries(ENGINES).map(([engine, label]) => [
    label,
    ...models.flatMap((model) => [model[engine]?.us, model[engine]?.leastUs]).map((us) => us?.toFixed(0) ?? ""),
  ]);
  const head = [`microseconds of ${CANDIDATES} candidates`, ...Object.keys(costs).flatMap((name) => [name, "least"])];
  return formatTable([head, ...rows]);
}
