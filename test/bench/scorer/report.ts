// The scorer benchmark's result as JSON and as tables.
import type { BenchReport } from "../benchmark.ts";
import { formatTable } from "../table.ts";
import { type CellFigures, ceilingShares, figuresOf } from "./figures.ts";
import type { Measured } from "./measure.ts";
import { describeRetrieval, type RetrievalFigures } from "./measure-retrieval.ts";
import { CEILINGS, ENGINES } from "./roster.ts";

/** The cell by which the share of the ceiling is told. */
const SHARE_CELL = "B100";

/** `leftOut` says by name what was not measured, and why. */
export function report(
  { cells, agreement }: Measured,
  retrieval: RetrievalFigures,
  leftOut: Readonly<Record<string, string>>,
  run: Readonly<Record<string, unknown>>,
): BenchReport {
  const figures = new Map(cells.map((cell) => [cell.name, figuresOf(cell, ENGINES)]));
  const byCell = <T>(of: (figures: CellFigures) => T) =>
    Object.fromEntries([...figures].map(([name, one]) => [name, of(one)] as const));
  const shares = byCell((one) => ceilingShares(one, ENGINES, Object.keys(CEILINGS)));
  const result = {
    ...run,
    clock: cells.every(({ times }) => [...times.values()].every(({ cpu }) => cpu !== null)) ? "cpu" : "wall",
    ratios: byCell(({ ratios }) => ratios),
    dense: byCell(({ dense }) => dense),
    ceilingShare: shares[SHARE_CELL]?.int8ToInt32?.oursDense ?? null,
    ceilingShares: shares,
    retrieve100kRank200Us: retrieval.us.retrieveAndRank,
    retrieval,
    gmacs: byCell(({ gmacs }) => gmacs),
    us: byCell(({ us }) => us),
    wallUs: byCell(({ wallUs }) => wallUs),
    leastUs: byCell(({ leastUs }) => leastUs),
    spread: byCell((one) => one.spread),
    agreement,
    leftOut,
  };
  return { result, text: describe(figures, shares, retrieval, leftOut) };
}

type Shares = Readonly<Record<string, ReturnType<typeof ceilingShares>>>;

function describe(
  figures: ReadonlyMap<string, CellFigures>,
  shares: Shares,
  retrieval: RetrievalFigures,
  leftOut: Readonly<Record<string, string>>,
): string {
  const names = [...figures.keys()];
  const table = (title: string, of: (one: CellFigures, engine: string) => number | undefined, digits: number) => {
    const rows = ENGINES.map(({ name, label }) => [label, ...[...figures.values()].map((one) => show(of(one, name), digits))]);
    return formatTable([[title, ...names], ...rows.filter((row) => row.some((cell, column) => column > 0 && cell !== ""))]);
  };
  const ceilings = Object.entries(CEILINGS).map(([name, label]) => [
    label,
    ...names.map((cell) => show(figures.get(cell)?.gmacs[name], 1)),
    ...names.map((cell) => show(shares[cell]?.[name]?.oursDense, 2)),
  ]);
  return [
    table("microseconds a request", ({ us }, engine) => us[engine], 1),
    table("times as long as the best of ours", ({ ratios }, engine) => ratios[engine], 2),
    table("times as long as ours, dense", ({ dense }, engine) => dense[engine], 2),
    table("GMAC/s that the request needs", ({ gmacs }, engine) => gmacs[engine], 1),
    formatTable([["ceiling, GMAC/s; then our dense share of it", ...names, ...names], ...ceilings]),
    describeRetrieval(retrieval),
    ...Object.entries(leftOut).map(([name, why]) => `left out: ${name}: ${why}`),
  ].join("\n\n");
}

const show = (value: number | undefined, digits: number) => (value === undefined ? "" : value.toFixed(digits));
