// npm run bench -- quality: trains the published tables' models on real data, and prints ours beside theirs.
import type { Benchmark, BenchOptions } from "../benchmark.ts";
import { describeMachine } from "../machine.ts";
import { formatTable } from "../table.ts";
import { measureFrappe } from "./frappe.ts";
import { measureOnlineShoppers } from "./online-shoppers.ts";
import type { QualityRow } from "./quality-row.ts";
import { measureSimulator } from "./simulator.ts";
import { measureVideoGames } from "./video-games.ts";

/** By the names that --only takes; null where a part's files are not beside the project. */
const PARTS: Readonly<Record<string, (options: BenchOptions) => Promise<QualityRow[] | null>>> = {
  frappe: measureFrappe,
  "online-shoppers": measureOnlineShoppers,
  simulator: measureSimulator,
  "video-games": measureVideoGames,
};

export const quality: Benchmark = {
  summary: `AUC, logloss and calibration of trained models beside published tables (an hour; --only ${Object.keys(PARTS).join(" | ")})`,
  parts: Object.keys(PARTS),
  async run(options) {
    const rows: QualityRow[] = [];
    const leftOut: Record<string, string> = {};
    for (const [name, measure] of Object.entries(PARTS)) {
      if (options.only !== undefined && name !== options.only) continue;
      const measured = await measure(options);
      if (measured) rows.push(...measured);
      else leftOut[name] = "its files are not in ../shared/data";
    }
    return { result: { machine: describeMachine(), rows, leftOut }, text: describe(rows, leftOut) };
  },
};

function describe(rows: readonly QualityRow[], leftOut: Readonly<Record<string, string>>): string {
  const within = (value: number, spread: number | undefined) =>
    spread === undefined ? value.toFixed(5) : `${value.toFixed(4)} ± ${spread.toFixed(4)}`;
  const table = formatTable([
    ["on the test split", "form", "AUC", "AP", "logloss", "ECE", "seconds", "published, or the known truth"],
    ...rows.map((row) => [
      `${row.data}: ${row.model}`,
      row.form,
      within(row.auc, row.spread?.auc),
      within(row.prAuc, row.spread?.prAuc),
      row.logloss.toFixed(5),
      row.ece.toFixed(5),
      row.seconds.toFixed(0),
      row.published,
    ]),
  ]);
  return [table, ...Object.entries(leftOut).map(([name, why]) => `left out: ${name}: ${why}`)].join("\n\n");
}
