// Items of a data set: every value that the map knows, as it was seen last.
import { expect, it } from "vitest";
import { parse } from "../../../shared/schemas/coded-error.ts";
import { Task } from "../../../shared/tasks/task.ts";
import { collectItems } from "../../../training/dataset/collect-items.ts";
import { loadParts } from "../../../training/dataset/load.ts";

const task = parse(Task, {
  name: "shop",
  label: "y",
  fields: [
    { kind: "categorical", name: "size", from: "candidate" },
    { kind: "categorical", name: "user", from: "context" },
    { kind: "categorical", name: "item", from: "candidate", ids: { minCount: 2 } },
  ],
});
const rows = [
  { y: 1, user: "u", item: "hat", size: "small" },
  { y: 0, user: "u", item: "sock", size: "small" },
  { y: 1, user: "u", item: "hat", size: "large" },
  { y: 0, user: "u", item: "rare", size: "small" },
  { y: 0, user: "u", size: "small" },
  { y: 1, user: "u", item: "sock", size: "small" },
];
const source = async function* () {
  yield* rows;
};

it("are the words of the field, each with its newest example, and tell which one an example is of", async () => {
  const { featureMap, train } = await loadParts(task, [
    { source, split: "train" },
    { source, split: "valid" },
  ]);
  const { ids, candidates, indexOf } = collectItems(train, featureMap, "item");
  const at = (id: string) => ids.indexOf(id);
  expect([...ids].sort()).toEqual(["hat", "sock"]);
  expect(rows.map((_, example) => indexOf(train, example))).toEqual([at("hat"), at("sock"), at("hat"), -1, -1, at("sock")]);
  const size = featureMap.fields.find(({ name }) => name === "size")!;
  const sizeOf = (item: number) => candidates.rows[candidates.offsets[item * 2]!]! - size.firstRow - 2;
  const words = (size.kind === "categorical" && "vocabulary" in size.ids && size.ids.vocabulary) || [];
  expect([words[sizeOf(at("hat"))], words[sizeOf(at("sock"))]]).toEqual(["large", "small"]);
});
