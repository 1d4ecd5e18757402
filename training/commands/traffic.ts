// npm run traffic: simulated visitors for a running Worker, and what they clicked beside what the truth expected.
import { Command, InvalidArgumentError } from "commander";
import { runTraffic, type TrafficReport } from "../jobs/traffic.ts";
import { createS3Store } from "../publish/s3-store.ts";
import { LOCAL_STORE_PATH, readStoreConfig } from "../publish/store-config.ts";
import { createMarket, DEFAULT_SEED } from "../simulate/market.ts";
import { percentile } from "../traffic/tally.ts";
import { wholeNumber } from "./options.ts";

interface Options {
  readonly visitors: number;
  readonly origin: string;
  readonly seed?: number;
  readonly marketSeed: number;
  readonly concurrency: number;
}

export function command(): Command {
  return new Command("traffic")
    .description("Send simulated visitors to a running Worker, over HTTP")
    .option("--visitors <count>", "visitors, of four placements each", wholeNumber(1, 1_000_000), 1000)
    .option("--origin <url>", "where the Worker listens", parseOrigin, "http://localhost:8787")
    .option("--seed <number>", "which visitors come; new ones each time unless given", wholeNumber(0, 2 ** 31 - 1))
    .option("--market-seed <number>", "the market that is served", wholeNumber(0, 2 ** 31 - 1), DEFAULT_SEED)
    .option("--concurrency <count>", "visitors at a time, each with a connection", wholeNumber(1, 256), 8)
    .action(sendTraffic);
}

async function sendTraffic({ visitors, origin, seed, marketSeed, concurrency }: Options): Promise<void> {
  const crowd = seed ?? Math.floor(Date.now() / 1000);
  const config = readStoreConfig({ ...localStore(origin), ...process.env });
  const report = await runTraffic({
    market: createMarket(marketSeed),
    crowd,
    visitorCount: visitors,
    origin,
    concurrency,
    eventStore: createS3Store(config, config.eventBucket),
  });
  console.log(`${visitors} visitors in ${report.seconds.toFixed(1)} s (seed ${crowd})`);
  for (const [name, text] of describe(report)) console.log(`  ${name.padEnd(14)}${text}`);
  if (report.tally.failures.size > 0 || (report.arrival?.missingCount ?? 0) > 0) process.exitCode = 1;
}

function describe({ tally, arrival }: TrafficReport): [string, string][] {
  const percent = (part: number, whole: number) => (whole === 0 ? "-" : `${((100 * part) / whole).toFixed(2)} %`);
  const expected = (clicks: number) => percent(clicks, tally.placementCount);
  const latency = (share: number) => `${percentile(tally.latenciesMs, share)?.toFixed(1) ?? "-"} ms`;
  const times = tally.random === 0 ? "-" : (tally.served / tally.random).toFixed(2);
  return [
    [
      "click rate",
      `${percent(tally.clickCount, tally.impressionCount)} (${tally.clickCount} clicks of ${tally.impressionCount} impressions, ${tally.conversionCount} conversions)`,
    ],
    [
      "expected",
      `${expected(tally.served)} as served, ${times}x of random's ${expected(tally.random)}; best possible ${expected(tally.best)}`,
    ],
    ["latency", `p50 ${latency(0.5)}, p95 ${latency(0.95)}, p99 ${latency(0.99)} (decisions)`],
    ["model", list(tally.modelVersions)],
    ["fallbacks", list(tally.fallbacks)],
    ["no serve", list(tally.noServes)],
    ["failures", list(tally.failures)],
    ...(arrival ? [["events", describeArrival(arrival, tally.eventIds.size)] as [string, string]] : []), // a pair
  ];
}

const list = (counts: ReadonlyMap<string, number>): string =>
  [...counts].map(([name, times]) => `${name} ${times}`).join(", ") || "none";

function describeArrival({ missingCount, waitedMs }: NonNullable<TrafficReport["arrival"]>, sentCount: number): string {
  const seconds = `${(waitedMs / 1000).toFixed(1)} s`;
  if (missingCount === 0) return `all ${sentCount} readable in the store, ${seconds} after the last was sent`;
  return `${missingCount} of ${sentCount} are not in the store after ${seconds}; look at the Worker's log`;
}

/** A Worker on this machine has its store on its own origin. */
const localStore = (origin: string) =>
  ["localhost", "127.0.0.1", "[::1]"].includes(new URL(origin).hostname)
    ? { SELVEDGE_STORE_ENDPOINT: `${origin}${LOCAL_STORE_PATH}` }
    : {};

function parseOrigin(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url && /^https?:$/.test(url.protocol)) return url.origin;
  throw new InvalidArgumentError("expected an origin like http://localhost:8787");
}
