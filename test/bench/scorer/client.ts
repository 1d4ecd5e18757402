// Talks to the engines inside workerd, and times them from outside: clocks in there stand still or tick by the millisecond.
import { writeSafetensors } from "../../../shared/artifact/safetensors.ts";
import { threadCpuMs } from "../workerd/cpu-time.ts";
import type { Workerd } from "../workerd/serve.ts";
import { NOTHING, type RunQuery } from "./handler.ts";
import type { Subject } from "./shape.ts";

export type Cell = Pick<RunQuery, "shape" | "count">;

/**
 * `wallMs` from before the request to after it; `cpuMs` what workerd's thread, which runs the isolate, was on a CPU meanwhile
 * (null where the system does not tell). Helper threads, which collect garbage for peers that make some, are not counted.
 */
export interface Elapsed {
  readonly wallMs: number;
  readonly cpuMs: number | null;
}

export class EngineClient {
  readonly #workerd: Workerd;

  constructor(workerd: Workerd) {
    this.#workerd = workerd;
  }

  async load({ tensors, ...header }: Subject): Promise<void> {
    await this.#send("/weights", { method: "PUT", body: writeSafetensors(tensors) });
    await this.#send("/shape", { method: "PUT", body: JSON.stringify(header) });
  }

  async probabilities(engine: string, cell: Cell): Promise<Float64Array> {
    const response = await this.#send(`/probabilities?${queryOf({ engine, ...cell, times: 1 })}`);
    return new Float64Array(await response.arrayBuffer());
  }

  /** What `times` runs took, request and all. */
  async run(engine: string, cell: Cell, times: number): Promise<Elapsed> {
    const { pid } = this.#workerd;
    const startCpuMs = threadCpuMs(pid);
    const startMs = performance.now();
    await this.#send(`/run?${queryOf({ engine, ...cell, times })}`);
    const wallMs = performance.now() - startMs;
    const endCpuMs = threadCpuMs(pid);
    return { wallMs, cpuMs: startCpuMs === null || endCpuMs === null ? null : endCpuMs - startCpuMs };
  }

  /** What a request takes in which no engine runs. */
  runNothing(): Promise<Elapsed> {
    return this.run(NOTHING, { shape: NOTHING, count: 0 }, 0);
  }

  async #send(path: string, init: RequestInit = {}): Promise<Response> {
    const response = await fetch(this.#workerd.origin + path, init);
    if (!response.ok) throw new Error(`${path}: ${await response.text()}`);
    return response;
  }
}

const queryOf = (query: RunQuery) => new URLSearchParams(Object.entries(query).map(([name, value]) => [name, String(value)]));
