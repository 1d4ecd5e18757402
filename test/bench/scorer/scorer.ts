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
import { randomShape, SHAPE_A, SHAPE_B } from "./random-shape.ts";
import { report } from "./report.ts";
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
      return report(await measure(new EngineClient(workerd), shapes, counts, rounds, progress), leftOut, run);
    } finally {
      await workerd.stop();
    }
  },
};

const RETRIEVAL = { retrieve100kRank200Us: "retrieval is not built yet" };

async function makeShapes(quick: boolean): Promise<{ shapes: Shape[]; leftOut: Record<string, string> }> {
  const shapes = [randomShape(SHAPE_A, SEED), randomShape(SHAPE_B, SEED)];
  if (quick) return { shapes, leftOut: { frappe: "--quick measures A and B only", ...RETRIEVAL } };
  const frappe = await frappeShape();
  return typeof frappe === "string"
    ? { shapes, leftOut: { frappe, ...RETRIEVAL } }
    : { shapes: [...shapes, frappe], leftOut: RETRIEVAL };
}
