import { describe, expect, it } from "vitest";
import { inputWidth, layoutFields } from "../../../shared/features/feature-map.ts";
import { Batch, fillBatch } from "../../../training/engine/batch.ts";
import { Random } from "../../../training/engine/random.ts";
import { EmbeddingTable } from "../../../training/engine/table.ts";
import { UPDATE_RULES } from "../../../training/engine/update-rule.ts";
import { mixedMap, randomDataset } from "./synthetic.ts";

const map = mixedMap();
const layout = layoutFields(map, 4);
const width = inputWidth(layout);
const data = randomDataset(map, 64, 1);

function createTable(optimizer: "adam" | "sgd" | "adagrad", l2: number): EmbeddingTable {
  return new EmbeddingTable({ rowCount: map.rowCount, dimension: 4, rule: UPDATE_RULES[optimizer], l2, random: new Random(5) });
}

/** Six steps of three examples each, with made-up gradients at the gathered values. */
function steps(): { batch: Batch; x0Gradient: Float32Array; sumsGradient: Float32Array }[] {
  const random = new Random(8);
  return Array.from({ length: 6 }, (_, step) => {
    const batch = new Batch();
    fillBatch(batch, data, layout, Int32Array.of(step * 5, step * 5 + 1, step * 5 + 2), 0, 3);
    const x0Gradient = random.fillUniform(new Float32Array(3 * width), 0.1);
    return { batch, x0Gradient, sumsGradient: random.fillUniform(new Float32Array(3), 0.1) };
  });
}

describe("the embedding table", () => {
  it("gathers weighted sums of vectors, values as they are, and sums of linear weights", () => {
    const table = createTable("sgd", 0);
    new Random(6).fillUniform(table.linear.values, 1);
    const batch = new Batch();
    fillBatch(batch, data, layout, Int32Array.of(9, 4), 0, 2);
    const x0 = new Float32Array(2 * width);
    const sums = new Float32Array(2);
    table.gather(batch, x0, width, sums);
    const wanted = new Float64Array(2 * width);
    const wantedSums = new Float64Array(2);
    [9, 4].forEach((example, b) => {
      layout.forEach(({ field, embedded, firstColumn, firstValueRow }, f) => {
        const bags = field.from === "context" ? data.context : data.candidate;
        const bag = example * bags.fieldCount + (field.from === "context" ? f : f - data.context.fieldCount);
        for (let k = bags.offsets[bag]!; k < bags.offsets[bag + 1]!; k++) {
          const row = bags.rows[k]!;
          wantedSums[b]! += bags.weights[k]! * table.linear.values[row]!;
          if (!embedded) wanted[b * width + firstColumn + row - firstValueRow]! += bags.weights[k]!;
          else
            for (let d = 0; d < 4; d++)
              wanted[b * width + firstColumn + d]! += bags.weights[k]! * table.vectors.values[row * 4 + d]!;
        }
      });
    });
    x0.forEach((value, index) => void expect(value).toBeCloseTo(wanted[index]!, 6));
    sums.forEach((value, index) => void expect(value).toBeCloseTo(wantedSums[index]!, 6));
  });

  it.each(["adam", "sgd", "adagrad"] as const)("under %s, catching up late equals catching up after every step", (optimizer) => {
    const [lazy, eager] = [createTable(optimizer, 0.01), createTable(optimizer, 0.01)];
    for (const { batch, x0Gradient, sumsGradient } of steps()) {
      for (const table of [lazy, eager]) {
        table.touch(batch, 0.01);
        table.update(batch, x0Gradient, width, sumsGradient, 0.01);
      }
      eager.catchUpAll(0.01);
    }
    lazy.catchUpAll(0.01);
    eager.vectors.values.forEach((value, index) => void expect(lazy.vectors.values[index]).toBeCloseTo(value, 6));
    eager.linear.values.forEach((value, index) => void expect(lazy.linear.values[index]).toBeCloseTo(value, 6));
  });

  it("moves only the rows of the batch, each by the sum of its gradients", () => {
    const table = createTable("sgd", 0);
    const before = table.vectors.values.slice();
    const { batch, x0Gradient, sumsGradient } = steps()[0]!;
    table.touch(batch, 1);
    table.update(batch, x0Gradient, width, sumsGradient, 1);
    const wanted = Float64Array.from(before);
    for (let k = 0; k < batch.pairCount; k++) {
      if (batch.byValue[k]) continue;
      const from = batch.example[k]! * width + batch.column[k]!;
      for (let d = 0; d < 4; d++) wanted[batch.row[k]! * 4 + d]! -= batch.weight[k]! * x0Gradient[from + d]!;
    }
    wanted.forEach((value, index) => void expect(table.vectors.values[index]).toBeCloseTo(value, 6));
    expect(table.vectors.values).not.toEqual(before);
  });
});
