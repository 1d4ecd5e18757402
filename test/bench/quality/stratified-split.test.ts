import { expect, it } from "vitest";
import type { SplitName } from "../../../training/dataset/record-source.ts";
import { splitStratified } from "./stratified-split.ts";

const records = Array.from({ length: 1000 }, (_, index) => ({ index, bought: index < 150 ? "TRUE" : "FALSE" }));

function namesOf(seed: number): SplitName[] {
  const { split } = splitStratified(records, "bought", seed);
  if (typeof split === "string") throw new Error("each record has a split of its own");
  return records.map((record, index) => split(record, index));
}

it("gives 70, 10 and 20 in a hundred of each class to train, validation and test", () => {
  const names = namesOf(1);
  const countsOf = (part: SplitName[]) => ["train", "valid", "test"].map((name) => part.filter((own) => own === name).length);
  expect(countsOf(names.slice(0, 150))).toEqual([105, 15, 30]);
  expect(countsOf(names.slice(150))).toEqual([595, 85, 170]);
});

it("is another split for another seed, the same for the same, and not in the records' order", () => {
  expect(namesOf(1)).toEqual(namesOf(1));
  expect(namesOf(1)).not.toEqual(namesOf(2));
  expect(new Set(namesOf(1).slice(0, 40)).size).toBe(3);
});
