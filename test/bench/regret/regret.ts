// What not knowing costs: the regret of each policy that learns from its own choices, over the same visitors, by the known truth.
import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { promisify } from "node:util";
import type { Benchmark, BenchOptions } from "../benchmark.ts";
import { describeMachine } from "../machine.ts";
import { formatTable } from "../table.ts";
import type { LearningPoint } from "./learning.ts";
import { renderRegret } from "./plot.ts";
import { POLICIES, type Setting, STOPS } from "./setting.ts";

/** Other markets than the one that gamma and the task's settings were chosen on, which was 1. */
const SEEDS = [11, 12, 13];
const QUICK_STOPS = [150, 300, 600, 1000];

/** Of one policy, a run a seed. */
export interface PolicyRuns {
  readonly name: string;
  readonly runs: readonly (readonly LearningPoint[])[];
}

export const regret: Benchmark = {
  summary: "expected clicks that each policy loses while it learns; writes regret.svg (half an hour on two cores)",
  async run(options) {
    const machine = describeMachine();
    const seeds = options.quick ? SEEDS.slice(0, 1) : SEEDS;
    const policies = await playAll(seeds, options.quick ? QUICK_STOPS : STOPS, options);
    if (!options.quick) await writeFile(new URL("./regret.svg", import.meta.url), plot(policies));
    return { result: { machine, seeds, policies }, text: describe(policies, seeds) };
  },
};

/** As many at once as there are cores, each in a process of its own. */
async function playAll(seeds: readonly number[], stops: readonly number[], { progress }: BenchOptions): Promise<PolicyRuns[]> {
  const settings = seeds.flatMap((seed) => Object.keys(POLICIES).map((name) => ({ name, seed })));
  const found = new Map<(typeof settings)[number], LearningPoint[]>();
  const waiting = [...settings];
  const work = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const points = await play({ seed: next.seed, policy: POLICIES[next.name]!, stops });
      found.set(next, points);
      progress(`market ${next.seed}, ${next.name}: ${points.at(-1)?.regret.toFixed(0)}`);
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, work));
  return Object.keys(POLICIES).map((name) => ({
    name,
    runs: settings.filter((one) => one.name === name).map((one) => found.get(one)!), // all were played
  }));
}

async function play(setting: Setting): Promise<LearningPoint[]> {
  const script = new URL("./run-one.ts", import.meta.url).pathname;
  const { stdout } = await promisify(execFile)(process.execPath, [script, JSON.stringify(setting)]);
  return JSON.parse(stdout) as LearningPoint[]; // run-one.ts wrote it
}

const regretOf = (points: readonly LearningPoint[]): number => points.at(-1)?.regret ?? 0;

/** A row a policy: its regret in each market, and its share of epsilon-greedy's. */
export function describe(policies: readonly PolicyRuns[], seeds: readonly number[]): string {
  const yardstick = policies.find(({ name }) => name === "epsilon-greedy")?.runs.map(regretOf) ?? [];
  const total = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0);
  const rows = policies.map(({ name, runs }) => {
    const own = runs.map(regretOf);
    const share = total(own) / total(yardstick);
    return [name, ...own.map((value) => value.toFixed(0)), (total(own) / own.length).toFixed(0), share.toFixed(2)];
  });
  const decisions = policies[0]?.runs[0]?.at(-1)?.decisions ?? 0;
  const head = ["policy", ...seeds.map((seed) => `market ${seed}`), "mean", "of epsilon-greedy's"];
  return `cumulative regret over ${decisions} decisions, expected clicks\n\n${formatTable([head, ...rows])}`;
}

/** Means over the markets. */
export function plot(policies: readonly PolicyRuns[]): string {
  const curves = policies.map(({ name, runs }) => {
    const mean = (runs[0] ?? []).map(
      ({ decisions }, at) => [decisions, runs.reduce((sum, points) => sum + (points[at]?.regret ?? 0), 0) / runs.length] as const,
    );
    return { name, points: [[0, 0] as const, ...mean] };
  });
  return renderRegret(curves, "random");
}
