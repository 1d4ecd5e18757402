// npm start: the whole loop on this machine. Says what it does, what it learned, and a curl that works; runs until Ctrl-C.
import { Command, Option } from "commander";
import { type Started, start } from "../jobs/start.ts";
import { readStoreConfig } from "../publish/store-config.ts";
import type { Assessment } from "../simulate/assess.ts";
import { HISTORY_VISITORS } from "../simulate/history.ts";
import { createMarket, DEFAULT_SEED } from "../simulate/market.ts";
import { POLICY_NAMES, type PolicyParameters, policyFrom, policyOptions, wholeNumber } from "./options.ts";
import { createProgressView } from "./progress-view.ts";

const ASSESSMENT_VISITORS = 6_000;

interface Options extends PolicyParameters {
  readonly port: number;
  readonly fresh: boolean;
  readonly policy?: string;
  readonly marketSeed: number;
}

export function command(): Command {
  const start = new Command("start")
    .description("Serve on this machine: the first time simulate, train and publish, later reuse what was published")
    .option("--port <number>", "where the Worker listens", wholeNumber(1, 65_535), 8787)
    .option("--fresh", "forget what was published and logged, and start over", false)
    .addOption(new Option("--policy <name>", "how creatives are chosen; random needs no model").choices(POLICY_NAMES))
    .option("--market-seed <number>", "the simulated market", wholeNumber(0, 2 ** 31 - 1), DEFAULT_SEED)
    .action(serve);
  for (const option of policyOptions()) start.addOption(option);
  return start;
}

async function serve({ port, fresh, policy, marketSeed, ...parameters }: Options): Promise<void> {
  const stop = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => stop.abort()); // kept: wrangler's own would end us
  const stopped = new Promise<void>((resolve) => stop.signal.addEventListener("abort", () => resolve()));
  const view = createProgressView(process.stderr);
  const started = await start({
    market: createMarket(marketSeed),
    config: readStoreConfig(),
    port,
    fresh,
    policy: policy === undefined ? null : policyFrom(policy, parameters),
    historyVisitors: HISTORY_VISITORS,
    assessmentVisitors: ASSESSMENT_VISITORS,
    onStage: view.stage,
    onProgress: view.progress,
    signal: stop.signal,
  }).catch((error: unknown) => {
    if (!stop.signal.aborted) throw error;
    return null;
  });
  view.end();
  if (!started) return;
  console.log(describe(started, port).join("\n"));
  await stopped;
  await started.platform.dispose();
}

function describe({ platform, policy, model, first }: Started, port: number): string[] {
  const elsewhere = port === 8787 ? "" : ` -- --origin ${platform.origin}`;
  const environment = port === 8787 ? "" : `SELVEDGE_STORE_ENDPOINT=${platform.storeEndpoint} `;
  return [
    `Selvedge serves on ${platform.origin}, policy ${policy.name}, ${describeModel(model)}`,
    ...(model ? describeAssessment(model.assessment) : []),
    "",
    first.curl,
    JSON.stringify(
      first.response.placements.map(({ placementId, creatives }) => ({ placementId, creative: creatives[0]?.creativeId })),
    ),
    "",
    `npm run traffic${elsewhere}`,
    `${environment}npm run retrain -- --task ad-click`,
    `${environment}npm run catalog -- policy greedy`,
    "Ctrl-C stops it.",
  ];
}

function describeModel(model: Started["model"]): string {
  if (!model) return "no model yet: send traffic, then retrain";
  return `model ${model.version} (${model.isNew ? "just trained" : "published before; --fresh starts over"})`;
}

function describeAssessment({ servedAuc, aucCeiling, greedyRate, randomRate, bestRate }: Assessment): string[] {
  const percent = (rate: number) => `${(100 * rate).toFixed(1)} %`;
  const uplift = (greedyRate / randomRate).toFixed(1);
  return [
    `learned: served AUC ${servedAuc?.toFixed(4)} of at most ${aucCeiling?.toFixed(4)}, on new visitors`,
    `uplift:  ${uplift}x: greedy is clicked ${percent(greedyRate)}, random ${percent(randomRate)}; the best possible is ${percent(bestRate)}`,
  ];
}
