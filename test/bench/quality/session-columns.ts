// Columns of an Online Shoppers session that follow from its own: totals, means and products, which a small net would have to learn.
import type { RawRecord } from "../../../shared/features/encode.ts";
import { readNumber } from "../../../shared/features/values.ts";

export function sessionColumns(record: RawRecord): RawRecord {
  const column = (name: string) => readNumber(record[name]);
  const products = column("ProductRelated");
  const pages = column("Administrative") + column("Informational") + products;
  const durations = ["Administrative_Duration", "Informational_Duration", "ProductRelated_Duration"].map(column);
  return {
    pages,
    duration: durations.reduce((sum, duration) => sum + duration, 0),
    durationPerProduct: column("ProductRelated_Duration") / (1 + products),
    durationPerAdministrative: column("Administrative_Duration") / (1 + column("Administrative")),
    totalValue: column("PageValues") * pages,
    bounces: column("BounceRates") * products,
    exits: column("ExitRates") * products,
    exitLessBounce: column("ExitRates") - column("BounceRates"),
    hasValue: column("PageValues") > 0 ? "yes" : "no",
  };
}
