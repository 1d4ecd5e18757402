// What a scorer holds in the isolate: tables of 20 MB and 10,000 kept candidates stay under 64 MB, loading included.
import { describe, expect, it } from "vitest";
import type { Tensor } from "../../../shared/artifact/safetensors.ts";
import type { BagWriter } from "../../../shared/features/bags.ts";
import relaxed from "../../../shared/scoring/kernel/scorer-relaxed.wasm";
import { createKernelScorer } from "../../../shared/scoring/kernel-scorer.ts";
import { watchKernelMemory } from "./kernel/watch-memory.ts";
import { randomBags, randomModel } from "./random-model.ts";

const MEBIBYTE = 2 ** 20;
const choice = {
  context: 14,
  candidate: 10,
  dimension: 16,
  linear: true,
  fm: true,
  cross: 0,
  hidden: [256, 128, 64],
  extreme: false,
  values: false,
};

/** The shape of the benchmarks, its first field's range of rows grown until the vectors alone have 20 MB. */
function largeModel() {
  const small = randomModel(1, choice);
  const rowCount = (20 * 10 ** 6) / choice.dimension;
  const extra = rowCount - small.featureMap.rowCount;
  const fields = small.featureMap.fields.map((field, i) => ({
    ...field,
    firstRow: i === 0 ? 0 : field.firstRow + extra,
    rowCount: field.rowCount + (i === 0 ? extra : 0),
  }));
  const column: Tensor = { dtype: "F32", shape: [rowCount], data: new Float32Array(rowCount).fill(0.01) };
  const tensors = new Map(small.tensors)
    .set("embedding", { dtype: "I8", shape: [rowCount, choice.dimension], data: new Int8Array(rowCount * choice.dimension) })
    .set("embedding.scale", column)
    .set("linear", column);
  return { ...small, featureMap: { ...small.featureMap, fields, rowCount }, tensors };
}

describe("memory", () => {
  it("of tables of 20 MB and 10,000 kept candidates is under 64 MB, and no more candidates make it more", () => {
    const watch = watchKernelMemory();
    try {
      const model = largeModel();
      const weightsBytes = [...model.tensors.values()].reduce((sum, { data }) => sum + data.byteLength, 0);
      const scorer = createKernelScorer(relaxed, model);
      const placedBytes = watch.takeLargestBytes();
      expect(placedBytes + weightsBytes).toBeLessThan(64 * MEBIBYTE); // while loading: what was fetched is still there
      const context = randomBags(1, model, "context", 1);
      const candidateFields = model.featureMap.fields.filter(({ from }) => from === "candidate");
      const encode = (_: object, into: BagWriter) => {
        for (const { firstRow } of candidateFields) {
          into.add(firstRow, 1);
          into.close();
        }
      };
      const visit = (count: number) => {
        for (let i = 0; i < count; i += 500)
          scorer.scoreCached(
            context,
            Array.from({ length: 500 }, () => ({})),
            encode,
          );
      };
      visit(10_000);
      const keptBytes = watch.takeLargestBytes();
      expect(keptBytes).toBeGreaterThan(placedBytes);
      expect(keptBytes).toBeLessThan(44 * MEBIBYTE); // all that stays: the fetched file goes (see kernel-module.test.ts)
      visit(5_000);
      expect(watch.takeLargestBytes()).toBe(0);
    } finally {
      watch.stop();
    }
  });
});
