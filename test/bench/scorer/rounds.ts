// Interleaved rounds: in each, every engine runs once, for about as long as the others, so that a noisy machine is noisy for all.
import { median } from "../median.ts";
import type { Cell, Elapsed, EngineClient } from "./client.ts";

/** Microseconds a run, a number for every round; `cpu` is null where the system does not tell. */
export interface Times {
  readonly wall: readonly number[];
  readonly cpu: readonly number[] | null;
}

const TARGET_MS = 60;
const ENOUGH_MS = 20;
/** V8 compiles wasm and JavaScript again, better, while they run. */
const WARM_UP_MS = 600;

/** Times by engine. */
export async function measureRounds(
  client: EngineClient,
  engines: readonly string[],
  cell: Cell,
  rounds: number,
): Promise<Map<string, Times>> {
  const repeats = new Map<string, number>();
  for (const engine of engines) repeats.set(engine, await warmUp(client, engine, cell));
  const measured = new Map(engines.map((engine) => [engine, [] as Elapsed[]]));
  for (let round = 0; round < rounds; round++) {
    const empty = [await client.runNothing(), await client.runNothing(), await client.runNothing()];
    for (const engine of rotate(engines, round)) {
      const times = repeats.get(engine) as number; // warmed up
      measured.get(engine)?.push(eachOf(times, await client.run(engine, cell, times), empty));
    }
  }
  return new Map([...measured].map(([engine, runs]) => [engine, inMicroseconds(runs)]));
}

/** Runs until it is hot. Returns how many runs take about `TARGET_MS`. */
async function warmUp(client: EngineClient, engine: string, cell: Cell): Promise<number> {
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

/** Another engine goes first in each round. */
function rotate<T>(items: readonly T[], by: number): T[] {
  const first = by % items.length;
  return [...items.slice(first), ...items.slice(0, first)];
}
