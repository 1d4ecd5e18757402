// How long 10,000 flights take to be filtered for a request of three placements, in this process.
import { parseArgs } from "node:util";
import { indexCatalog } from "../../../functions/catalog/catalog-index.ts";
import { screen } from "../../../functions/decision/eligibility.ts";
import { audienceOf } from "../../../shared/catalog/audience.ts";
import { drawCatalog, drawRequests, LARGE_CATALOG } from "./catalog.ts";

const { values } = parseArgs({
  options: { campaigns: { type: "string", default: "5000" }, creatives: { type: "string", default: "1" } },
});
const document = drawCatalog({
  ...LARGE_CATALOG,
  campaignCount: Number(values.campaigns),
  creativesPerFlight: Number(values.creatives),
});
const started = performance.now();
const index = indexCatalog(document);
console.log(
  `${JSON.stringify(document).length >> 10} KiB, ${index.candidates.length} candidates, indexed in ${Math.round(performance.now() - started)} ms`,
);
const placements = [...index.placements.values()].slice(0, 3);
const requests = drawRequests(2, 2000);
const NOW = Date.UTC(2026, 10, 26, 12);
const rounds = 5;
let eligibleCount = 0;
const clocks = { audience: [] as number[], screen: [] as number[] };
let cpu = process.cpuUsage();
for (let round = 0; round < rounds; round++) {
  if (round === 1) cpu = process.cpuUsage();
  requests.forEach((request, at) => {
    const begin = performance.now();
    const audience = audienceOf(request);
    const spelled = performance.now();
    for (const { eligible } of screen(index, audience, placements, NOW + at * 10, { explain: false }))
      eligibleCount += eligible.length;
    if (round === 0) return;
    clocks.audience.push((spelled - begin) * 1000);
    clocks.screen.push((performance.now() - spelled) * 1000);
  });
}
const { user } = process.cpuUsage(cpu);
const quantile = (list: number[], share: number) => list.sort((a, b) => a - b)[Math.floor(list.length * share)]?.toFixed(1);
console.log(`eligible per placement ${(eligibleCount / rounds / requests.length / placements.length).toFixed(1)}`);
for (const [name, list] of Object.entries(clocks))
  console.log(`${name}: p10 ${quantile(list, 0.1)}, p50 ${quantile(list, 0.5)}, p99 ${quantile(list, 0.99)} us`);
console.log(`CPU ${(user / requests.length / (rounds - 1)).toFixed(1)} us a request`);
