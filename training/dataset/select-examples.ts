// Some of a dataset's examples, copied.
import type { Bags } from "../../shared/features/bags.ts";
import { Concatenation } from "./concatenate.ts";
import type { Dataset } from "./dataset.ts";
import { piecesOf } from "./pieces.ts";
import { countOf, type Examples, isOnDisk } from "./shards.ts";

/** The examples at `chosen`, in that order. */
export function selectExamples(data: Dataset, chosen: Int32Array): Dataset {
  return {
    context: selectBags(data.context, chosen),
    candidate: selectBags(data.candidate, chosen),
    labels: Uint8Array.from(chosen, (example) => data.labels[example] as number), // within the dataset
    ...(data.through && { through: Uint8Array.from(chosen, (example) => data.through?.[example] as number) }), // as above
    timesMs: data.timesMs && Float64Array.from(chosen, (example) => data.timesMs?.[example] as number), // as above
  };
}

/** Examples spread evenly over a split, at most so many, ascending. */
export function spreadEvenly(count: number, most: number): Int32Array {
  const length = Math.min(most, count);
  return Int32Array.from({ length }, (_, index) => Math.floor((index * count) / length));
}

/** As `selectExamples`, of a split wherever it is; `chosen` is ascending. */
export async function readExamples(data: Examples, chosen: Int32Array): Promise<Dataset> {
  if (!isOnDisk(data)) return selectExamples(data, chosen);
  const read = new Concatenation(data.contextFields, data.candidateFields);
  let next = 0;
  for await (const { first, data: piece } of piecesOf(data)) {
    const begin = next;
    while (next < chosen.length && chosen[next]! < first + countOf(piece)) next++;
    if (next > begin)
      read.add(
        selectExamples(
          piece,
          chosen.subarray(begin, next).map((example) => example - first),
        ),
      );
  }
  return read.view();
}

function selectBags({ fieldCount, offsets, rows, weights }: Bags, chosen: Int32Array): Bags {
  const firstOf = (example: number) => offsets[example * fieldCount] as number; // within the dataset, as below
  const endOf = (example: number) => offsets[(example + 1) * fieldCount] as number;
  const length = chosen.reduce((sum, example) => sum + endOf(example) - firstOf(example), 0);
  const selected = {
    offsets: new Int32Array(chosen.length * fieldCount + 1),
    rows: new Int32Array(length),
    weights: new Float32Array(length),
  };
  let at = 0;
  chosen.forEach((example, index) => {
    const first = firstOf(example);
    selected.rows.set(rows.subarray(first, endOf(example)), at);
    selected.weights.set(weights.subarray(first, endOf(example)), at);
    for (let f = 1; f <= fieldCount; f++) {
      selected.offsets[index * fieldCount + f] = at + (offsets[example * fieldCount + f] as number) - first;
    }
    at += endOf(example) - first;
  });
  return { fieldCount, count: chosen.length, ...selected };
}
