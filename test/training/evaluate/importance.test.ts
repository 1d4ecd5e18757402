// Permuting a field's values, and what segments say of calibration.
import { describe, expect, it } from "vitest";
import type { Bags } from "../../../shared/features/bags.ts";
import type { FittedField } from "../../../shared/features/feature-map.ts";
import type { Dataset } from "../../../training/dataset/dataset.ts";
import { Random } from "../../../training/engine/random.ts";
import { measureImportance, permuteField } from "../../../training/evaluate/importance.ts";
import { evaluateSegments } from "../../../training/evaluate/segments.ts";

const field = (name: string, firstRow: number): FittedField => ({
  kind: "categorical",
  name,
  from: "context",
  firstRow,
  rowCount: 4,
  ids: { vocabulary: ["a", "b"] },
});
const fields = [field("told", 0), field("noise", 4)];

/** Each example has one row a field; the label follows the first. */
function dataOf(count: number): Dataset {
  const random = new Random(1);
  const told = Array.from({ length: count }, () => random.uint32() % 2);
  const rows = Int32Array.from(told.flatMap((value) => [2 + value, 6 + (random.uint32() % 2)]));
  const offsets = Int32Array.from({ length: 2 * count + 1 }, (_, index) => index);
  const context: Bags = { fieldCount: 2, count, offsets, rows, weights: new Float32Array(2 * count).fill(1) };
  const candidate: Bags = {
    fieldCount: 0,
    count,
    offsets: Int32Array.of(0),
    rows: new Int32Array(0),
    weights: new Float32Array(0),
  };
  return {
    context,
    candidate,
    labels: Uint8Array.from(told, (value) => (random.uniform() < 0.2 + 0.6 * value ? 1 : 0)),
    timesMs: null,
  };
}

const score = ({ context, labels }: Dataset) =>
  Float32Array.from(labels, (_, example) => (context.rows[context.offsets[example * 2]!] === 3 ? 1.386 : -1.386));

describe("importance", () => {
  it("is what a field tells, and nothing for one that the model does not read", async () => {
    const calibration = { slope: 1, intercept: 0 };
    const { fields: found } = await measureImportance({ data: dataOf(2000), fields, score, calibration, seed: 1 });
    expect(found.map(({ field: name }) => name)).toEqual(["told", "noise"]);
    expect(found[0]!.aucLost).toBeGreaterThan(0.2);
    expect(found[1]!.loglossAdded).toBe(0);
  });

  it("moves one field's bags of any length, and no other's", () => {
    const bags = {
      fieldCount: 2,
      count: 2,
      offsets: Int32Array.of(0, 2, 3, 4, 5),
      rows: Int32Array.of(1, 2, 9, 3, 8),
      weights: new Float32Array(5),
    };
    const { offsets, rows } = permuteField(bags, 0, Int32Array.of(1, 0));
    expect([[...offsets], [...rows]]).toEqual([
      [0, 1, 2, 4, 5],
      [3, 9, 1, 2, 8],
    ]);
  });
});

it("segments tell a value whose probabilities are wrong from those that chance explains", () => {
  const data = dataOf(4000);
  const honest = Float64Array.from(score(data), (logit) => 1 / (1 + Math.exp(-logit)));
  const wrong = honest.map((p) => (p > 0.5 ? 0.5 : p));
  const worst = (probabilities: Float64Array) =>
    evaluateSegments(probabilities, data, fields).find(({ field: name, value }) => name === "told" && value === "b")!;
  expect(worst(honest).ece).toBeLessThan(3 * worst(honest).eceByChance);
  expect(worst(wrong).ece).toBeGreaterThan(0.25);
});
