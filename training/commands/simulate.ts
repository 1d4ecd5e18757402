// npm run simulate: an event log with known truth, and what the truth says of it.
import { Command, InvalidArgumentError, Option } from "commander";
import { createMarket, DEFAULT_SEED } from "../simulate/market.ts";
import { summarize } from "../simulate/summary.ts";
import type { SimulatedPolicy } from "../simulate/visits.ts";
import { writeLog } from "../simulate/write-log.ts";
import { wholeNumber } from "./options.ts";

interface Options {
  readonly visitors: number;
  readonly seed: number;
  readonly out: string;
  readonly policy: SimulatedPolicy;
  readonly from: number;
  readonly days: number;
}

export function command(): Command {
  return new Command("simulate")
    .description("Write an event log with known truth")
    .option("--visitors <count>", "visitors, of four placements each", wholeNumber(1, 10_000_000), 10_000)
    .option("--seed <number>", "seed of the market and of its visitors", wholeNumber(0, 2 ** 31 - 1), DEFAULT_SEED)
    .requiredOption("--out <folder>", "where to write events/ and truth.ndjson")
    .addOption(new Option("--policy <name>", "who chooses").choices(["random", "best"]).default("random"))
    .option("--from <date>", "first day, UTC", date, Date.UTC(2026, 0, 5))
    .option("--days <count>", "days to spread the visitors over", wholeNumber(1, 366), 14)
    .action(simulate);
}

async function simulate({ visitors, seed, out, policy, from, days }: Options): Promise<void> {
  const crowd = { market: createMarket(seed), crowd: 1, visitorCount: visitors, firstMs: from, days, policy };
  const summary = summarize(await writeLog(crowd, out));
  const percent = (rate: number) => `${(100 * rate).toFixed(2)} %`;
  console.log(`${out}: ${summary.impressions} impressions, ${summary.clicks} clicks (${percent(summary.clickRate)})`);
  console.log(`expected click rate  ${policy} ${percent(summary.policyRate)}`);
  console.log(
    `                     random ${percent(summary.randomRate)} (regret ${percent(summary.bestRate - summary.randomRate)})`,
  );
  console.log(
    `                     best ${percent(summary.bestRate)} (${(summary.bestRate / summary.randomRate).toFixed(2)}x random)`,
  );
  console.log(`AUC ceiling          ${summary.aucCeiling?.toFixed(4) ?? "none: no clicks"}`);
}

function date(text: string): number {
  const timeMs = Date.parse(`${text}T00:00:00Z`);
  if (Number.isNaN(timeMs)) throw new InvalidArgumentError("expected a date like 2026-01-05");
  return timeMs;
}
