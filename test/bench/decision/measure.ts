// Requests sent to the edge and to its peer in turns: how many a second, how late the slowest, and what they cost.
import { median } from "../median.ts";
import { processCpuMs } from "../workerd/cpu-time.ts";
import type { Workerd } from "../workerd/serve.ts";
import type { LoadClient } from "./load-client.ts";

export interface Target {
  readonly name: string;
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

export interface RoundOptions {
  readonly connectionCount: number;
  readonly rounds: number;
  readonly seconds: number;
}

const PATH = "/v1/decisions";

/** Each target in each round, interleaved; all is warm. By the targets' names. @throws Error where a request is refused */
export async function measureRounds(
  client: LoadClient,
  targets: readonly Target[],
  { connectionCount, rounds, seconds }: RoundOptions,
): Promise<Record<string, Served>> {
  const found = new Map(targets.map(({ name }) => [name, [] as Served[]]));
  for (let round = 0; round < rounds; round++)
    for (const target of targets) found.get(target.name)?.push(await measureOnce(client, target, connectionCount, seconds));
  return Object.fromEntries([...found].map(([name, all]) => [name, middleOf(all)]));
}

export async function measureOnce(
  client: LoadClient,
  { name, workerd, headers, bodies, query = "" }: Target,
  connectionCount: number,
  seconds: number,
): Promise<Served> {
  const { pid, origin } = workerd;
  const order = { port: Number(new URL(origin).port), path: PATH + query, headers, bodies, connectionCount, seconds };
  const startCpuMs = processCpuMs(pid) ?? 0;
  const report = await client.send(order);
  const cpuMs = (processCpuMs(pid) ?? 0) - startCpuMs;
  const { latenciesMs, failureCount, answerBytes } = report;
  const { length } = latenciesMs;
  if (failureCount > 0) throw new Error(`${name} refused ${failureCount} of ${length} requests: ${report.lastAnswer}`);
  const at = (share: number) => latenciesMs[Math.ceil(share * length) - 1] as number; // some were sent
  return { perSecond: length / report.seconds, p50Ms: at(0.5), p99Ms: at(0.99), cpuMs: cpuMs / length, answerBytes };
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
