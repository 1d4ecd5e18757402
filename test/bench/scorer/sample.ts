// Rows of examples as a data set, and what a net's layers see of it.
import { type Bags, BagWriter } from "../../../shared/features/bags.ts";
import type { Dataset } from "../../../training/dataset/dataset.ts";
import type { FloatModel } from "../../../training/model/float-model.ts";
import { FloatForward } from "../../../training/quantize/float-forward.ts";

/** Fields before `contextFields` are the context's; every bag holds one row. */
export function datasetOf(rows: readonly (readonly number[])[], contextFields: number): Dataset {
  return {
    context: bagsOf(rows.map((fields) => fields.slice(0, contextFields))),
    candidate: bagsOf(rows.map((fields) => fields.slice(contextFields))),
    labels: new Uint8Array(rows.length),
    timesMs: null,
  };
}

/** One bag of one row for every field of every example. */
export function bagsOf(examples: readonly (readonly number[])[]): Bags {
  const writer = new BagWriter(examples[0]?.length ?? 0);
  for (const row of examples.flat()) {
    writer.add(row, 1);
    writer.close();
  }
  return { ...writer.view(), count: examples.length }; // a side without fields has no bags to count
}

/** Largest magnitude that each layer of the MLP is given, its head last. */
export function inputMaxima(model: FloatModel, sample: Dataset): number[] {
  const largest = new Map<string, number>();
  const forward = new FloatForward(model, (layer, input) => {
    largest.set(
      layer,
      input.reduce((most, x) => Math.max(most, Math.abs(x)), largest.get(layer) ?? 0),
    );
  });
  for (let example = 0; example < sample.labels.length; example++) forward.logit(sample.context, sample.candidate, example);
  return [...largest.values()]; // told in the order in which layers run
}
