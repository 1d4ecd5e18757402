// CPU that a Worker's start costs: fresh processes of workerd until the first request is answered, less those of an empty Worker.
import { median } from "../median.ts";
import type { WorkerModule } from "../workerd/bundle.ts";
import { processCpuMs } from "../workerd/cpu-time.ts";
import { EMPTY_ENVIRONMENT, serveWorker, type WorkerEnvironment } from "../workerd/serve.ts";

export interface Candidate {
  readonly name: string;
  readonly modules: readonly WorkerModule[];
  readonly environment: WorkerEnvironment;
}

/** Milliseconds of CPU, user and system, all threads: medians over the rounds of what the empty Worker of the same round did not need. */
export interface StartUp {
  readonly name: string;
  /** Until the process listens: its modules are compiled and evaluated. */
  readonly evaluationMs: number;
  /** Until the first request is answered. */
  readonly cpuMs: number;
  /** Quartiles of `cpuMs`. */
  readonly fromMs: number;
  readonly toMs: number;
}

/** A path that needs neither store nor model. */
const PATH = "/healthz";

const EMPTY: Candidate = {
  name: "empty",
  modules: [
    {
      name: "worker.js",
      contents: new TextEncoder().encode(`export default { fetch: () => Response.json({ status: "ok" }) };`),
    },
  ],
  environment: EMPTY_ENVIRONMENT,
};

type Start = Pick<StartUp, "evaluationMs" | "cpuMs">;

/** Interleaved; each candidate starts `rounds` times. @throws Error where the system does not tell CPU time */
export async function measureStartUp(candidates: readonly Candidate[], rounds: number): Promise<StartUp[]> {
  const extra = new Map(candidates.map(({ name }) => [name, [] as Start[]]));
  for (let round = -1; round < rounds; round++) {
    const empty = await startOnce(EMPTY);
    for (const candidate of candidates) {
      const start = await startOnce(candidate);
      if (round < 0) continue; // fills the disk's cache
      extra.get(candidate.name)?.push({
        evaluationMs: start.evaluationMs - empty.evaluationMs,
        cpuMs: start.cpuMs - empty.cpuMs,
      });
    }
  }
  return [...extra].map(([name, starts]) => {
    const sorted = starts.map(({ cpuMs }) => cpuMs).sort((a, b) => a - b);
    const quarter = (share: number) => sorted[Math.round(share * (sorted.length - 1))] as number; // rounds > 0
    const evaluationMs = median(starts.map((start) => start.evaluationMs));
    return { name, evaluationMs, cpuMs: median(sorted), fromMs: quarter(0.25), toMs: quarter(0.75) };
  });
}

async function startOnce({ name, modules, environment }: Candidate): Promise<Start> {
  const workerd = await serveWorker(modules, environment);
  const cpuMs = () => {
    const ms = processCpuMs(workerd.pid);
    if (ms === null) throw new Error("start-up CPU needs Linux's /proc/PID/task/*/schedstat");
    return ms;
  };
  try {
    const evaluationMs = cpuMs();
    const response = await fetch(workerd.origin + PATH);
    if (!response.ok) throw new Error(`${name} answers ${response.status}: ${await response.text()}`);
    await response.arrayBuffer();
    return { evaluationMs, cpuMs: cpuMs() };
  } finally {
    await workerd.stop();
  }
}
