// A seeded split that keeps the share of ones: 70, 10 and 20 in a hundred of each class.
import type { RawRecord } from "../../../shared/features/encode.ts";
import { readLabel } from "../../../training/dataset/label.ts";
import type { Part, SplitName } from "../../../training/dataset/record-source.ts";
import { Random } from "../../../training/engine/random.ts";

const TRAIN_SHARE = 0.7;
const VALID_END_SHARE = 0.8;

/** Of records in memory; their order does not decide where they go. */
export function splitStratified(records: readonly RawRecord[], label: string, seed: number): Part {
  const random = new Random(seed).fork("split");
  const splits = new Array<SplitName>(records.length);
  for (const wanted of [0, 1]) {
    const own = records.flatMap((record, index) => (readLabel(record[label]) === wanted ? [index] : []));
    const shuffled = random.shuffle(Int32Array.from(own));
    shuffled.forEach((index, place) => {
      const share = place / shuffled.length;
      splits[index] = share < TRAIN_SHARE ? "train" : share < VALID_END_SHARE ? "valid" : "test";
    });
  }
  const source = async function* () {
    yield* records;
  };
  return { source, split: (_, index) => splits[index]! }; // one a record
}
