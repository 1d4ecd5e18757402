// Measures retrieval and its parts in one workerd, once its answer is known to be right.
import { createKernelScorer } from "../../../shared/scoring/kernel-scorer.ts";
import { createReferenceRetriever } from "../../../shared/scoring/retrieval-reference.ts";
import { readKernelModule } from "../../../training/quantize/kernel-module.ts";
import { median, spread } from "../median.ts";
import { formatTable } from "../table.ts";
import type { EngineClient } from "./client.ts";
import { contextsOf, itemRows } from "./retrieval-request.ts";
import { measureRounds } from "./rounds.ts";
import { bagsOf } from "./sample.ts";
import type { Shape } from "./shape.ts";

const RETRIEVED = 200;

/** Names are those of engines/retrieval.ts. */
const ENGINES: Readonly<Record<string, string>> = {
  retrieveAndRank: "100,000 items retrieved, 200 ranked, best 10",
  retrieveAndRankUncached: "as above, the 200 encoded anew",
  retrieve: "retrieve 200 of 100,000",
  retrieveOne: "retrieve 1: tower and scan",
  tower: "tower alone",
  rank: "rank 200, creatives cached",
};

export interface RetrievalFigures {
  /** Median microseconds a request, by CPU time where the system tells it; `scan` and `selection` are differences. */
  readonly us: Readonly<Record<string, number>>;
  readonly wallUs: Readonly<Record<string, number>>;
  readonly leastUs: Readonly<Record<string, number>>;
  readonly spread: Readonly<Record<string, number>>;
}

/** @throws Error where the best items' probabilities are not those of the obvious way, bit for bit */
export async function measureRetrieval(client: EngineClient, shape: Shape, rounds: number): Promise<RetrievalFigures> {
  await client.load(shape);
  const cell = { shape: shape.name, count: RETRIEVED };
  const expected = expectedProbabilities(shape);
  for (const engine of ["retrieveAndRank", "retrieveAndRankUncached"]) {
    const found = await client.probabilities(engine, cell);
    if (found.join() !== expected.join()) throw new Error(`${engine} recommends ${found}; expected ${expected}`);
  }
  const times = [...(await measureRounds(client, Object.keys(ENGINES), cell, rounds))];
  const each = (of: (values: readonly number[]) => number) =>
    Object.fromEntries(times.map(([name, { cpu, wall }]) => [name, of(cpu ?? wall)]));
  return {
    us: withParts(each(median)),
    wallUs: withParts(Object.fromEntries(times.map(([name, { wall }]) => [name, median(wall)]))),
    leastUs: withParts(each((values) => Math.min(...values))),
    spread: each(spread),
  };
}

function withParts(us: Record<string, number>): Record<string, number> {
  const { retrieve = Number.NaN, retrieveOne = Number.NaN, tower = Number.NaN } = us;
  return { ...us, scan: retrieveOne - tower, selection: retrieve - retrieveOne };
}

/** Of the first context's best: every item scored by the reference, the best of them by the scorer in Node. */
function expectedProbabilities(shape: Shape): number[] {
  const context = bagsOf([contextsOf(shape)[0] ?? []]);
  const items = [...createReferenceRetriever(shape).retrieve(context, RETRIEVED).indices];
  const candidates = bagsOf(items.map((item) => itemRows(shape, item)));
  const { probabilities } = createKernelScorer(readKernelModule(), shape, shape.calibration).score(context, candidates);
  return [...probabilities].sort((a, b) => b - a).slice(0, 10);
}

export function describeRetrieval({ us, leastUs }: RetrievalFigures): string {
  const labels = { ...ENGINES, scan: "so the scan takes", selection: "and the selection" };
  const rows = Object.entries(labels).map(([name, label]) => [
    label,
    us[name]?.toFixed(1) ?? "",
    leastUs[name]?.toFixed(1) ?? "",
  ]);
  return formatTable([["microseconds of retrieval", "median", "least"], ...rows]);
}
