import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createBatch, fillBatch, type IndexedBatch } from "../../../../training/engine/gpu/indexed-batch.ts";
import { catchUpRows, createHistory, sortByRow } from "../../../../training/engine/gpu/row-sort.ts";
import { sortInThread } from "../../../../training/engine/gpu/row-sorter.ts";
import { mixedMap, randomDataset } from "../synthetic.ts";

const map = mixedMap(5);
const data = randomDataset(map, 300, 1);
const order = Int32Array.from({ length: 300 }, (_, index) => (index * 7) % 300);

function filled(from: number, to: number): IndexedBatch {
  const batch = createBatch();
  fillBatch(batch, data, order, from, to);
  return batch;
}

const section = ({ words, sections }: IndexedBatch, name: keyof IndexedBatch["sections"], length: number) =>
  Array.from(words.subarray(sections[name], sections[name] + length));

describe("sorting a batch by row", () => {
  it("puts every pair into one segment of its row, in the pairs' own order", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 299 }), fc.integer({ min: 1, max: 300 }), (from, count) => {
        const batch = filled(from, Math.min(300, from + count));
        const cursor = new Int32Array(map.rowCount);
        sortByRow(batch, createHistory(map.rowCount), 1, cursor);
        const rows = section(batch, "rows", batch.pairCount);
        const pairs = section(batch, "order", batch.pairCount);
        const touched = section(batch, "touched", batch.touchedCount);
        const firsts = section(batch, "firstSegments", batch.touchedCount + 1);
        const segments = section(batch, "segments", batch.segmentCount + 1);
        expect(touched.toSorted((a, b) => a - b)).toEqual([...new Set(rows)].toSorted((a, b) => a - b));
        touched.forEach((row, index) => {
          const own = pairs.slice(segments[firsts[index]!]!, segments[firsts[index + 1]!]!);
          expect(own).toEqual(rows.flatMap((other, pair) => (other === row ? [pair] : [])));
        });
        segments.slice(1).forEach((end, index) => void expect(end - segments[index]!).toBeLessThanOrEqual(64));
        expect(cursor.every((value) => value === 0)).toBe(true);
      }),
      { numRuns: 50 },
    );
  });

  it("tells how often a row was touched, and how many steps it missed", () => {
    const history = createHistory(map.rowCount);
    const cursor = new Int32Array(map.rowCount);
    const seen = new Map<number, number[]>();
    for (let step = 1; step <= 8; step++) {
      const batch = filled(step * 2, step * 2 + 2);
      sortByRow(batch, history, step, cursor);
      const [updates, missed] = (["updates", "missed"] as const).map((name) => section(batch, name, batch.touchedCount));
      section(batch, "touched", batch.touchedCount).forEach((row, index) => {
        const steps = seen.get(row) ?? [];
        expect(updates![index]).toBe(steps.length + 1);
        expect(missed![index]).toBe(step - 1 - (steps.at(-1) ?? 0));
        seen.set(row, [...steps, step]);
      });
    }
    const owed = catchUpRows(history, 8);
    for (const [row, steps] of seen) expect([...owed.slice(row * 2, row * 2 + 2)]).toEqual([8 - steps.at(-1)!, steps.length]);
    expect(
      catchUpRows(history, 8)
        .filter((_, index) => index % 2 === 0)
        .every((missed) => missed === 0),
    ).toBe(true);
  });

  it("gives the same in its thread, in which the batch's arrays go and come back", async () => {
    const [here, there] = [filled(0, 40), filled(0, 40)];
    sortByRow(here, createHistory(map.rowCount), 1, new Int32Array(map.rowCount));
    const history = createHistory(map.rowCount);
    const sorted = await sortInThread(there, history, 1);
    expect(sorted).toEqual(here);
    expect(there.words.length).toBe(0);
    expect(history.updates.some((updates) => updates > 0)).toBe(true);
  });
});
