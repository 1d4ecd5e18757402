// Requests sent to several Workers in turns: how many a second, how late the slowest, and what they cost.
import { median, percentile } from "../median.ts";
import { processCpuMs } from "../workerd/cpu-time.ts";
import type { Workerd } from "../workerd/serve.ts";
import type { LoadClient } from "./load-client.ts";

export interface Target {
  readonly workerd: Workerd;
  readonly headers: Readonly<Record<string, string>>;
  readonly bodies: readonly string[];
  /** Of the URL, behind the path. */
  readonly query?: string;
}

/** Medians over rounds. `cpuMs` of the whole process a request: 0 where the system does not tell. */
export interface Served {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly cpuMs: number;
  readonly answerBytes: number;
}

/** As many requests as are answered, or `perSecond`: see `LoadOrder`. */
export interface Load {
  readonly connectionCount: number;
  readonly seconds: number;
  readonly perSecond?: number;
}

export interface RoundOptions extends Load {
  readonly rounds: number;
}

const PATH = "/v1/decisions";

/** While others are measured a Worker is idle, and gives its leases back: it is busy for so long again before it is timed. */
const RESUME_SECONDS = 1;

/** Each target in each round, interleaved; all is warm. @throws Error where a request is refused */
export async function measureRounds<Name extends string>(
  client: LoadClient,
  targets: Readonly<Record<Name, Target>>,
  { rounds, ...load }: RoundOptions,
): Promise<Record<Name, Served>> {
  const entries = Object.entries<Target>(targets);
  const found = new Map(entries.map(([name]) => [name, [] as Served[]]));
  for (let round = 0; round < rounds; round++)
    for (const [name, target] of entries) {
      await measureOnce(client, target, { ...load, seconds: RESUME_SECONDS });
      found.get(name)?.push(await measureOnce(client, target, load));
    }
  return Object.fromEntries([...found].map(([name, all]) => [name, middleOf(all)])) as Record<Name, Served>; // the targets' own names
}

/** @throws Error where a request is refused */
export async function measureOnce(
  client: LoadClient,
  { workerd, headers, bodies, query = "" }: Target,
  load: Load,
): Promise<Served> {
  const { pid, origin } = workerd;
  const order = { port: Number(new URL(origin).port), path: PATH + query, headers, bodies, ...load };
  const startCpuMs = processCpuMs(pid) ?? 0;
  const report = await client.send(order);
  const cpuMs = (processCpuMs(pid) ?? 0) - startCpuMs;
  const { latenciesMs, failureCount, answerBytes } = report;
  const { length } = latenciesMs;
  if (failureCount > 0) throw new Error(`${order.path} refused ${failureCount} of ${length} requests: ${report.lastAnswer}`);
  return {
    perSecond: length / report.seconds,
    p50Ms: percentile(latenciesMs, 0.5),
    p99Ms: percentile(latenciesMs, 0.99),
    cpuMs: cpuMs / length,
    answerBytes,
  };
}

function middleOf(all: readonly Served[]): Served {
  const of = (key: keyof Served) => median(all.map((one) => one[key]));
  return {
    perSecond: of("perSecond"),
    p50Ms: of("p50Ms"),
    p99Ms: of("p99Ms"),
    cpuMs: of("cpuMs"),
    answerBytes: of("answerBytes"),
  };
}
