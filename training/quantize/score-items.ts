// Logits of a split by a two-tower model: of each example, the score that its item gets in its context.
import { sliceBags } from "../../shared/features/bags.ts";
import type { Retriever } from "../../shared/scoring/retriever.ts";
import type { Dataset } from "../dataset/dataset.ts";
import type { FloatTwoTower } from "../model/float-two-tower.ts";
import { floatQueries, floatScore } from "./float-queries.ts";

type IndexOf = (data: Dataset, example: number) => number;

/** Float logits; [labels.length]. An item that the model does not hold, -1, can only come last: it scores as the worst one does. */
export function floatItemLogits(model: FloatTwoTower, data: Dataset, indexOf: IndexOf): Float32Array {
  const { items } = model;
  return Float32Array.from(floatQueries(model, data.context), (query, example) => {
    const item = indexOf(data, example);
    if (item >= 0) return floatScore(items, query, item);
    return items.ids.reduce((lowest, _, other) => Math.min(lowest, floatScore(items, query, other)), Number.POSITIVE_INFINITY);
  });
}

/** As they are served; the same rule for an item that is not there. */
export function servedItemLogits(retriever: Retriever, data: Dataset, indexOf: IndexOf): Float32Array {
  return Float32Array.from(data.labels, (_, example) => {
    const { indices, scores } = retriever.retrieve(sliceBags(data.context, example, 1), retriever.itemCount);
    const item = indexOf(data, example);
    return scores.at(item >= 0 ? indices.indexOf(item) : -1)!; // every item is among the best of all
  });
}
