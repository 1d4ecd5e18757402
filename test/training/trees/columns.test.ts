import { expect, it } from "vitest";
import { createEncoder } from "../../../shared/features/encode.ts";
import { parse } from "../../../shared/schemas/coded-error.ts";
import { Task } from "../../../shared/tasks/task.ts";
import { createDatasetBuilder } from "../../../training/dataset/build-dataset.ts";
import { fitFeatureMap } from "../../../training/features/fit.ts";
import { planColumns, readColumn } from "../../../training/trees/columns.ts";

const task = parse(Task, {
  name: "columns",
  label: "y",
  fields: [
    { kind: "multi", name: "tags", from: "candidate" },
    { kind: "numeric", name: "age", from: "context" },
    { kind: "numeric", name: "visits", from: "context", transform: "quantile", buckets: 4 },
    { kind: "categorical", name: "country", from: "context" },
    { kind: "vector", name: "point", from: "candidate", dimension: 2 },
    { kind: "statistic", name: "byCountry", from: "context", of: ["country"] },
  ],
});
const records = [
  { tags: "a|b", age: 10, visits: 1, country: "NL", point: "1|2", y: 1 },
  { tags: "a", age: 20, visits: 2, country: "DE", point: "3|4", y: 0 },
  { tags: "b|a", age: null, visits: 9, country: "NL", point: null, y: 0 },
  { tags: null, age: 30, visits: null, country: null, point: "5|6", y: 1 },
];

it("every kind of field becomes columns, missing where the example says nothing", async () => {
  const map = await fitFeatureMap(task, records);
  const builder = createDatasetBuilder(createEncoder(map), task);
  for (const record of records) builder.add(record);
  const data = builder.finish();
  const columns = planColumns(map, data);
  const values = columns.map((column) => [...readColumn(column, data)]);
  const none = Number.NaN;
  const deviation = Math.sqrt(200 / 3);
  const [age, visits, country, ones, zeros, ...candidate] = values;
  expect(age).toEqual([-10 / deviation, 0, none, 10 / deviation].map(Math.fround));
  expect(visits).toEqual([1, 2, 3, none]);
  expect(country).toEqual([2, 3, 2, none]); // after "missing" and "out of vocabulary", the most frequent first
  expect(ones).toEqual([1, 0, 1, none]);
  expect(zeros).toEqual([1, 1, 1, none]);
  const [a, b, missing, x, y] = candidate;
  expect([a, b, missing]).toEqual([
    [0.5, 1, 0.5, 0],
    [0.5, 0, 0.5, 0],
    [0, 0, 0, 1],
  ]);
  expect([x, y]).toEqual([
    [1, 3, none, 5],
    [2, 4, none, 6],
  ]);
  expect(columns.map(({ isCategory }) => isCategory).indexOf(true)).toBe(2);
});
