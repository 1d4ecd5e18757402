// npm run bench -- quality: trains the published tables' models on real data, and prints ours beside theirs.
import type { Benchmark, BenchOptions } from "../benchmark.ts";
import { describeMachine } from "../machine.ts";
import { formatTable } from "../table.ts";
import { measureFrappe } from "./frappe.ts";
import { measureOnlineShoppers } from "./online-shoppers.ts";
import type { QualityRow } from "./quality-row.ts";

const DATA_SETS: Readonly<Record<string, (options: BenchOptions) => Promise<QualityRow[] | null>>> = {
  frappe: measureFrappe,
  "online-shoppers": measureOnlineShoppers,
};

export const quality: Benchmark = {
  summary: "AUC, logloss and calibration of trained models beside published tables (about 45 minutes; --only DATA_SET)",
  async run(options) {
    const names = Object.keys(DATA_SETS).filter((name) => options.only === undefined || options.only === name);
    if (names.length === 0) throw new Error(`--only takes one of ${Object.keys(DATA_SETS).join(", ")}`);
    const rows: QualityRow[] = [];
    const leftOut: Record<string, string> = {};
    for (const name of names) {
      const own = await DATA_SETS[name]?.(options);
      if (own) rows.push(...own);
      else leftOut[name] = `its files are not in ../shared/data/${name}`;
    }
    return { result: { machine: describeMachine(), rows, leftOut }, text: describe(rows, leftOut) };
  },
};

function describe(rows: readonly QualityRow[], leftOut: Readonly<Record<string, string>>): string {
  const within = (value: number, spread: number | undefined) =>
    spread === undefined ? value.toFixed(5) : `${value.toFixed(4)} ± ${spread.toFixed(4)}`;
  const table = formatTable([
    ["on the test split", "form", "AUC", "AP", "logloss", "ECE", "seconds", "published"],
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
