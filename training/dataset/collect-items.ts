// The items of a data set: each value of one candidate field that the map knows, with the newest example that has it.
import type { Bags } from "../../shared/features/bags.ts";
import type { FeatureMap } from "../../shared/features/feature-map.ts";
import { fieldColumns } from "../evaluate/field-columns.ts";
import type { Dataset } from "./dataset.ts";
import { selectExamples } from "./select-examples.ts";

export interface Items {
  readonly ids: readonly string[];
  /** One example an item: its features as the training split had them last. */
  readonly candidates: Bags;
  /** Which item an example is of; -1 where it is none of them. */
  indexOf(data: Dataset, example: number): number;
}

/** `itemField` is a categorical field of the candidate's with a vocabulary, fitted on `train`: every word of it is there. */
export function collectItems(train: Dataset, { fields }: FeatureMap, itemField: string): Items {
  const [place] = fieldColumns(fields, train).filter(({ field }) => field.name === itemField && field.from === "candidate");
  if (place?.field.kind !== "categorical" || !("vocabulary" in place.field.ids)) throw new Error(`no items in ${itemField}`);
  const { field, column } = place;
  const firstItemRow = field.firstRow + 2; // after "missing" and out-of-vocabulary
  const indexOf = ({ candidate: { fieldCount, offsets, rows } }: Dataset, example: number): number =>
    Math.max(-1, rows[offsets[example * fieldCount + column]!]! - firstItemRow);
  const ids = place.field.ids.vocabulary;
  const newest = new Int32Array(ids.length);
  train.labels.forEach((_, example) => {
    const item = indexOf(train, example);
    if (item >= 0) newest[item] = example;
  });
  return { ids, candidates: selectExamples(train, newest).candidate, indexOf };
}
