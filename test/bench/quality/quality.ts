// npm run bench -- quality: trains the published tables' models on real data, and prints ours beside theirs.
import type { Benchmark } from "../benchmark.ts";
import { describeMachine } from "../machine.ts";
import { formatTable } from "../table.ts";
import { measureFrappe } from "./frappe.ts";
import type { QualityRow } from "./quality-row.ts";
import { measureVideoGames } from "./video-games.ts";

export const quality: Benchmark = {
  summary: "AUC, logloss and calibration of trained models beside published tables (about half an hour)",
  async run(options) {
    const frappe = await measureFrappe(options);
    const videoGames = await measureVideoGames(options);
    const rows = [...(frappe ?? []), ...(videoGames ?? [])];
    const leftOut = {
      ...(frappe ? {} : { frappe: "its files are not in ../shared/data/frappe" }),
      ...(videoGames ? {} : { videoGames: "its file is not in ../shared/data/sasrec-video" }),
    };
    return { result: { machine: describeMachine(), rows, leftOut }, text: describe(rows, leftOut) };
  },
};

function describe(rows: readonly QualityRow[], leftOut: Readonly<Record<string, string>>): string {
  const table = formatTable([
    ["on the test split", "form", "AUC", "AP", "logloss", "ECE", "seconds", "published"],
    ...rows.map((row) => [
      `${row.data}: ${row.model}`,
      row.form,
      ...[row.auc, row.prAuc, row.logloss, row.ece].map((value) => value.toFixed(5)),
      row.seconds.toFixed(0),
      row.published,
    ]),
  ]);
  return [table, ...Object.entries(leftOut).map(([name, why]) => `left out: ${name}: ${why}`)].join("\n\n");
}
