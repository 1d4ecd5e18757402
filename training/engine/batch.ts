// The examples of one step, flattened: for each (row, weight) pair of their bags, which example it belongs to and where it lands.
import type { Bags } from "../../shared/features/bags.ts";
import { type FieldLayout, inputWidth } from "../../shared/features/feature-map.ts";
import type { Dataset } from "../dataset/dataset.ts";

/** Pair `k` adds `weight[k]` times its table row to the columns of `x0` from `column[k]`; or, by value, the weight itself to that column. */
export class Batch {
  exampleCount = 0;
  pairCount = 0;
  /** Columns of `x0`. */
  width = 0;
  example = new Int32Array(0);
  row = new Int32Array(0);
  weight = new Float32Array(0);
  column = new Int32Array(0);
  byValue = new Uint8Array(0);
  labels = new Float32Array(0);
}

/** Fills `batch` with the examples `order[from .. to - 1]`. `layout` is that of the whole map, context fields first. */
export function fillBatch(
  batch: Batch,
  data: Dataset,
  layout: readonly FieldLayout[],
  order: Int32Array,
  from: number,
  to: number,
): void {
  const examples = order.subarray(from, to);
  reserve(batch, examples.length, countPairs(data.context, examples) + countPairs(data.candidate, examples));
  batch.exampleCount = examples.length;
  batch.pairCount = 0;
  batch.width = inputWidth(layout);
  addSide(batch, data.context, layout.slice(0, data.context.fieldCount), examples);
  addSide(batch, data.candidate, layout.slice(data.context.fieldCount), examples);
  const targets = data.targets ?? data.labels;
  for (let b = 0; b < examples.length; b++) batch.labels[b] = targets[examples[b]!]!;
}

function countPairs({ fieldCount, offsets }: Bags, examples: Int32Array): number {
  let pairs = 0;
  for (const example of examples) pairs += offsets[(example + 1) * fieldCount]! - offsets[example * fieldCount]!;
  return pairs;
}

function reserve(batch: Batch, exampleCount: number, pairCount: number): void {
  if (batch.labels.length < exampleCount) batch.labels = new Float32Array(exampleCount);
  if (batch.row.length >= pairCount) return;
  const room = Math.ceil(pairCount * 1.25);
  batch.example = new Int32Array(room);
  batch.row = new Int32Array(room);
  batch.weight = new Float32Array(room);
  batch.column = new Int32Array(room);
  batch.byValue = new Uint8Array(room);
}

function addSide(batch: Batch, bags: Bags, layout: readonly FieldLayout[], examples: Int32Array): void {
  const { fieldCount, offsets, rows, weights } = bags;
  const firstColumns = Int32Array.from(layout, ({ firstColumn }) => firstColumn);
  const firstValueRows = Int32Array.from(layout, ({ embedded, firstValueRow }) => (embedded ? -1 : firstValueRow));
  let pair = batch.pairCount;
  for (let b = 0; b < examples.length; b++) {
    for (let f = 0; f < fieldCount; f++) {
      const bag = examples[b]! * fieldCount + f;
      const firstValueRow = firstValueRows[f]!;
      for (let k = offsets[bag]!; k < offsets[bag + 1]!; k++) {
        const row = rows[k]!;
        batch.example[pair] = b;
        batch.row[pair] = row;
        batch.weight[pair] = weights[k]!;
        batch.byValue[pair] = firstValueRow >= 0 ? 1 : 0;
        batch.column[pair] = firstColumns[f]! + (firstValueRow >= 0 ? row - firstValueRow : 0);
        pair++;
      }
    }
  }
  batch.pairCount = pair;
}
