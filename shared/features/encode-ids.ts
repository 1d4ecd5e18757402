// Encoders of fields made of ids: categorical, multi and sequence.
import type { BagWriter } from "./bags.ts";
import type { FittedFieldOf } from "./feature-map.ts";
import { createRowOf } from "./ids.ts";
import { isWeighted, readId, readNumber, selectFirst, selectLast } from "./values.ts";

/** Writes the bag of one field of one example. Row numbers in the bag are those of the whole table. */
export type FieldEncoder = (value: unknown, into: BagWriter) => void;

/** One row of weight 1. */
export function createCategoricalEncoder({ ids, firstRow }: FittedFieldOf<"categorical">): FieldEncoder {
  const rowOf = createRowOf(ids);
  return (value, into) => {
    const id = readId(value);
    into.add(id === null ? firstRow : firstRow + rowOf(id), 1);
    into.close();
  };
}

/** The first `maxLength` ids, mean-pooled: each weighs 1/n, or its own weight over n. Weights that f32 cannot hold leave their id out. */
export function createMultiEncoder({ ids, firstRow, separator, maxLength }: FittedFieldOf<"multi">): FieldEncoder {
  const rowOf = createRowOf(ids);
  return (value, into) => {
    const weights = isWeighted(value) ? value : null;
    for (const element of selectFirst(value, separator, maxLength)) {
      const id = readId(element);
      if (id === null) continue;
      const weight = weights === null ? 1 : readNumber(weights[id]);
      if (!Number.isNaN(weight)) into.add(firstRow + rowOf(id), weight);
    }
    closeMean(firstRow, into);
  };
}

/** The last `maxLength` ids, mean-pooled. */
export function createSequenceEncoder({ ids, firstRow, separator, maxLength }: FittedFieldOf<"sequence">): FieldEncoder {
  const rowOf = createRowOf(ids);
  return (value, into) => {
    for (const element of selectLast(value, separator, maxLength)) {
      const id = readId(element);
      if (id !== null) into.add(firstRow + rowOf(id), 1);
    }
    closeMean(firstRow, into);
  };
}

/** Ends a bag as the mean of its rows; an empty one becomes "missing". */
export function closeMean(firstRow: number, into: BagWriter): void {
  const length = into.openLength;
  if (length === 0) into.add(firstRow, 1);
  else if (length > 1) into.scaleOpen(1 / length);
  into.close();
}
