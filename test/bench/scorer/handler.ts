// The HTTP face of the engines inside workerd: take a shape, run an engine on it many times, tell its probabilities.
import { readSafetensors, type Tensor } from "../../../shared/artifact/safetensors.ts";
import type { Engines, Runner } from "./engines/engine.ts";
import type { Subject } from "./shape.ts";

/** `GET /run` and `GET /probabilities` say in their query which engine, on what, and for /run how often. */
export interface RunQuery {
  readonly engine: string;
  readonly shape: string;
  readonly count: number;
  readonly times: number;
}

/** An engine that does nothing: what the request itself costs. */
export const NOTHING = "nothing";

const nothing: Runner = { run: () => new Float32Array() };

/**
 * `PUT /weights` takes the tensors of the next shape, `PUT /shape` its header; then /run and /probabilities.
 * Runners are made once and kept.
 */
export function createHandler<On extends Subject>(engines: Engines<On>): (request: Request) => Promise<Response> {
  const shapes = new Map<string, On>();
  const runners = new Map<string, Promise<Runner>>();
  let tensors: ReadonlyMap<string, Tensor> = new Map();

  const runnerOf = ({ engine, shape, count }: RunQuery): Promise<Runner> => {
    const key = `${engine} ${shape} ${count}`;
    const made = runners.get(key) ?? makeRunner(engines, engine, shapes.get(shape), count);
    runners.set(key, made);
    return made;
  };
  const answer = async (request: Request): Promise<Response> => {
    const { pathname, searchParams } = new URL(request.url);
    if (pathname === "/weights") tensors = readSafetensors(new Uint8Array(await request.arrayBuffer()));
    else if (pathname === "/shape") {
      const subject = { ...((await request.json()) as object), tensors } as On; // from our own benchmark
      shapes.set(subject.name, subject);
    } else {
      const query = readQuery(searchParams);
      const runner = await runnerOf(query);
      await runner.activate?.();
      if (pathname === "/probabilities") return new Response(Float64Array.from(await runner.run()));
      await repeat(runner, query.times);
    }
    return new Response(null, { status: 204 });
  };
  return (request) => answer(request).catch((error: Error) => new Response(error.stack ?? String(error), { status: 500 }));
}

async function makeRunner<On extends Subject>(
  engines: Engines<On>,
  name: string,
  shape: On | undefined,
  count: number,
): Promise<Runner> {
  if (name === NOTHING) return nothing;
  const engine = engines[name];
  if (engine === undefined) throw new Error(`no engine ${name}`);
  if (shape === undefined) throw new Error(`${name}: its shape was not given`);
  return engine.prepare(shape, count);
}

/** An engine that answers at once is not made to wait for a promise. */
async function repeat(runner: Runner, times: number): Promise<void> {
  for (let i = 0; i < times; i++) {
    const result = runner.run();
    if (result instanceof Promise) await result;
  }
}

function readQuery(params: URLSearchParams): RunQuery {
  const text = (name: string) => params.get(name) ?? "";
  return { engine: text("engine"), shape: text("shape"), count: Number(text("count")), times: Number(text("times")) };
}
