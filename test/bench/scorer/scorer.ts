// npm run bench -- scorer: our scorer and its peers inside one workerd, interleaved, on the same models and requests.
import { fileURLToPath } from "node:url";
import type { Benchmark } from "../benchmark.ts";
import { describeMachine } from "../machine.ts";
import { bundleWorker } from "../workerd/bundle.ts";
import { serveWorker } from "../workerd/serve.ts";
import { EngineClient } from "./client.ts";
import { compileCeiling } from "./compile-ceiling.ts";
import { frappeShape } from "./frappe-shape.ts";
import { installPeers } from "./install-peers.ts";
import { measure } from "./measure.ts";
import { measureRetrieval } from "./measure-retrieval.ts";
import { randomShape, SHAPE_A, SHAPE_B } from "./random-shape.ts";
import { report } from "./report.ts";
import { withRetrieval } from "./retrieval-shape.ts";
import type { Shape } from "./shape.ts";

const WORKER = fileURLToPath(new URL("../peers/worker.ts", import.meta.url));
const FULL = { counts: [1, 32, 100, 500], rounds: 9 };
const QUICK = { counts: [100], rounds: 7 };
const SEED = 1;

export const scorer: Benchmark = {
  summary: "microseconds a request of our scorer, onnxruntime-web, tfjs and plain loops, inside workerd",
  async run({ quick, progress }) {
    installPeers(progress);
    await compileCeiling();
    const { counts, rounds } = quick ? QUICK : FULL;
    const run = { machine: describeMachine(), quick, rounds };
    const { shapes, leftOut } = await makeShapes(quick);
    // process: emscripten takes a runtime that has it for Node
    const { modules } = await bundleWorker({ file: WORKER }, { define: { process: "undefined" } });
    const workerd = await serveWorker(modules);
    try {
      const client = new EngineClient(workerd);
      const measured = await measure(client, shapes, counts, rounds, progress);
      progress("retrieval: 200 of 100,000 items, ranked");
      const retrieval = await measureRetrieval(client, withRetrieval(randomShape(SHAPE_A, SEED), SEED), rounds);
      return report(measured, retrieval, leftOut, run);
    } finally {
      await workerd.stop();
    }
  },
};

async function makeShapes(quick: boolean): Promise<{ shapes: Shape[]; leftOut: Record<string, string> }> {
  const shapes = [randomShape(SHAPE_A, SEED), randomShape(SHAPE_B, SEED)];
  if (quick) return { shapes, leftOut: { frappe: "--quick measures A and B only" } };
  const frappe = await frappeShape();
  return typeof frappe === "string" ? { shapes, leftOut: { frappe } } : { shapes: [...shapes, frappe], leftOut: {} };
}
