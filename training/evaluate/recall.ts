// What a retriever finds of what was wanted: the items that got a 1, among its best.
import { sliceBags } from "../../shared/features/bags.ts";
import type { Retriever } from "../../shared/scoring/retriever.ts";
import type { Items } from "../dataset/collect-items.ts";
import type { Dataset } from "../dataset/dataset.ts";
import type { Splits } from "../dataset/load.ts";

/** Shares of the examples labelled 1 whose item was among the best `retrieved`; null where a split has no such example. */
export interface Recall {
  readonly retrieved: number;
  readonly served: SplitShares;
  /** Of the items that got the most 1s in training, the same for every context: what knowing the context has to beat. */
  readonly popular: SplitShares;
}

interface SplitShares {
  readonly valid: number | null;
  readonly test: number | null;
}

/** A tenth of the items, and no more than a ranking model would be given. */
const MOST_RETRIEVED = 100;

export function measureRecall(retriever: Retriever, { train, valid, test }: Splits<Dataset>, items: Items): Recall {
  const retrieved = Math.min(MOST_RETRIEVED, Math.ceil(items.ids.length / 10));
  const counts = new Float32Array(items.ids.length);
  for (const [item] of positives(train, items)) if (item >= 0) counts[item]!++;
  const popular = retriever.selectBest(counts, retrieved).indices.slice(); // the next selection overwrites it
  const best = (data: Dataset, example: number) => retriever.retrieve(sliceBags(data.context, example, 1), retrieved).indices;
  const shareOf = (data: Dataset | null, bestOf: typeof best): number | null => {
    const wanted = data ? positives(data, items) : [];
    const found = wanted.filter(([item, example]) => bestOf(data!, example).includes(item));
    return wanted.length === 0 ? null : found.length / wanted.length;
  };
  const shares = (bestOf: typeof best) => ({ valid: shareOf(valid, bestOf), test: shareOf(test, bestOf) });
  return { retrieved, served: shares(best), popular: shares(() => popular) };
}

/** Item and example of each 1. */
function positives(data: Dataset, items: Items): [item: number, example: number][] {
  return Array.from(data.labels, (label, example): [number, number] => [label, example]).flatMap(([label, example]) =>
    label === 1 ? [[items.indexOf(data, example), example]] : [],
  );
}
