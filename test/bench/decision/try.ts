import { bundleAsUploaded, readSettings } from "../bundle/worker.ts";
import { bundleWorker } from "../workerd/bundle.ts";
import { serveWorker } from "../workerd/serve.ts";
import { processCpuMs } from "../workerd/cpu-time.ts";
import { startEdge } from "./edge.ts";
import { startLoadClient } from "./load-client.ts";
import { CONVERSION_TASK, drawMarket, PLACEMENTS } from "./market.ts";
import { renameModel, trainModel } from "./model.ts";
import { drawBodies } from "./requests.ts";
import { fileURLToPath } from "node:url";
import { existsSync, readFileSync, writeFileSync } from "node:fs";

const log = (x: string) => console.log(new Date().toISOString().slice(11, 19), x);
const settings = readSettings();
const catalog = drawMarket({ campaignCount: 1000, caps: true, budgets: true });
const cache = "/tmp/model.json";
let model: any;
if (existsSync(cache)) { model = JSON.parse(readFileSync(cache, "utf8")); model.weights = new Uint8Array(Buffer.from(model.weights, "base64")); }
else { model = await trainModel(catalog); writeFileSync(cache, JSON.stringify({ ...model, weights: Buffer.from(model.weights).toString("base64") })); }
log(`model ${model.weights.length} bytes ${JSON.stringify(model.manifest.architecture).slice(0, 300)}`);
const { modules } = await bundleAsUploaded({ file: settings.main }, settings);
const bodies = drawBodies(PLACEMENTS);
log(`bodies ${bodies.reduce((s, b) => s + b.length, 0) / bodies.length}`);
const client = startLoadClient();
const peer = await serveWorker((await bundleWorker({ file: fileURLToPath(new URL("peer.ts", import.meta.url)) }, { minify: true })).modules);
const worlds = process.argv[2] === "all" ? [[true, true], [false, true], [true, false], [false, false]] : [[true, true]];
for (const [caps, budgets] of worlds) {
  const edge = await startEdge({ settings, modules, catalog: drawMarket({ campaignCount: 1000, caps: caps!, budgets: budgets! }), models: [model, await renameModel(model, CONVERSION_TASK)] });
  const order = { port: Number(new URL(edge.workerd.origin).port), path: "/v1/decisions", headers: { authorization: `Bearer ${edge.siteKey}` }, bodies };
  const first = await client.send({ ...order, connectionCount: 1, requestCount: 2 });
  if (first.failureCount) console.log(first.lastAnswer);
  const records = (await edge.queue.keepDuring(() => client.send({ ...order, connectionCount: 4, requestCount: 400 }))).flatMap((m) => m.split("\n")).map((l) => JSON.parse(l));
  const mean = (f: (r: any) => number) => (records.reduce((s, r) => s + f(r), 0) / records.length).toFixed(1);
  log(`caps ${caps} budgets ${budgets}: records ${records.length}; scored ${mean((r) => r.placements.reduce((s: number, p: any) => s + p.tiers.reduce((t: number, x: any) => t + x.creativeIds.length, 0), 0))} line ${mean((r) => JSON.stringify(r).length)} accounts ${mean((r) => Object.keys(r.state.accounts).length)} caps ${mean((r) => Object.keys(r.state.caps ?? {}).length)} capsnull ${mean((r) => (r.state.caps ? 0 : 1))} slots ${mean((r) => r.placements.reduce((s: number, p: any) => s + p.slots.length, 0))}`);
  const drops = new Map<string, number>();
  for (const r of records) for (const p of r.placements) for (const d of p.dropped) drops.set(d.reason, (drops.get(d.reason) ?? 0) + d.count);
  console.log(Object.fromEntries([...drops].map(([k, v]) => [k, +(v / records.length).toFixed(1)])));
  const peerOrder = { ...order, port: Number(new URL(peer.origin).port) };
  for (const [name, w, o] of [["edge", edge.workerd, order], ["peer", peer, peerOrder], ["edge", edge.workerd, order], ["peer", peer, peerOrder], ["edge", edge.workerd, order], ["peer", peer, peerOrder]] as const) {
    for (const connectionCount of [1, 16]) {
      const before = processCpuMs(w.pid)!;
      const requestCount = name === "peer" ? 4000 : 1000;
      const r = await client.send({ ...o, connectionCount, requestCount });
      const cpu = processCpuMs(w.pid)! - before;
      log(`${name} ${connectionCount}: ${(requestCount / r.seconds).toFixed(0)}/s p50 ${r.latenciesMs[requestCount >> 1]!.toFixed(2)} p99 ${r.latenciesMs[Math.floor(requestCount * 0.99)]!.toFixed(2)} ms cpu ${(cpu / requestCount).toFixed(3)} ms bytes ${r.answerBytes.toFixed(0)} fail ${r.failureCount}`);
    }
  }
  await edge.stop();
}
await peer.stop();
client.stop();
