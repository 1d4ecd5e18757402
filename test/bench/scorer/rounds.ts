// Interleaved rounds: in each, everything runs once, for about as long as the others, so that a noisy machine is noisy for all.
import { median } from "../median.ts";
import type { Cell, Elapsed, EngineClient } from "./client.ts";

/** Microseconds a run, a number for every round; `cpu` is null where the system does not tell. */
export interface Times {
  readonly wall: readonly number[];
  readonly cpu: readonly number[] | null;
}

/** What is run: an engine on a cell. */
export interface Contestant {
  readonly engine: string;
  readonly cell: Cell;
}

const TARGET_MS = 60;
const ENOUGH_MS = 20;
/** V8 compiles wasm and JavaScript again, better, while they run. */
const WARM_UP_MS = 600;

/** Times of engines on one cell, by engine. */
export async function measureRounds(
  client: EngineClient,
  engines: readonly string[],
  cell: Cell,
  rounds: number,
): Promise<Map<string, Times>> {
  const times = await measureContestants(
    client,
    engines.map((engine) => ({ engine, cell })),
    rounds,
  );
  return new Map(engines.map((engine, index) => [engine, times[index] as Times])); // one each
}

/** Times of each contestant. */
export async function measureContestants(
  client: EngineClient,
  contestants: readonly Contestant[],
  rounds: number,
): Promise<Times[]> {
  const starters: { readonly contestant: Contestant; readonly times: number; readonly runs: Elapsed[] }[] = [];
  for (const contestant of contestants) starters.push({ contestant, times: await warmUp(client, contestant), runs: [] });
  for (let round = 0; round < rounds; round++) {
    const empty = [await client.runNothing(), await client.runNothing(), await client.runNothing()];
    for (const { contestant, times, runs } of rotate(starters, round)) {
      runs.push(eachOf(times, await client.run(contestant.engine, contestant.cell, times), empty));
    }
  }
  return starters.map(({ runs }) => inMicroseconds(runs));
}

/** Runs until it is hot. Returns how many runs take about `TARGET_MS`. */
async function warmUp(client: EngineClient, { engine, cell }: Contestant): Promise<number> {
  let times = 1;
  for (let spentMs = 0; ; ) {
    const { wallMs } = await client.run(engine, cell, times);
    spentMs += wallMs;
    if (wallMs >= ENOUGH_MS && spentMs >= WARM_UP_MS) return Math.max(1, Math.round((times * TARGET_MS) / wallMs));
    if (wallMs < ENOUGH_MS) times *= 2;
  }
}

/** One of `times` runs, without what the request costs. */
function eachOf(times: number, { wallMs, cpuMs }: Elapsed, empty: readonly Elapsed[]): Elapsed {
  const emptyCpuMs = empty.flatMap((one) => one.cpuMs ?? []);
  return {
    wallMs: (wallMs - median(empty.map((one) => one.wallMs))) / times,
    cpuMs: cpuMs === null || emptyCpuMs.length === 0 ? null : (cpuMs - median(emptyCpuMs)) / times,
  };
}

function inMicroseconds(runs: readonly Elapsed[]): Times {
  const cpu = runs.flatMap(({ cpuMs }) => (cpuMs === null ? [] : [cpuMs * 1000]));
  return { wall: runs.map(({ wallMs }) => wallMs * 1000), cpu: cpu.length === runs.length ? cpu : null };
}

/** Another one goes first in each round. */
function rotate<T>(items: readonly T[], by: number): T[] {
  const first = by % items.length;
  return [...items.slice(first), ...items.slice(0, first)];
}
