// Statistic fields: counts of the label by combinations of values, an example's own label left out.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BagWriter } from "../../../shared/features/bags.ts";
import { createEncoder, type RawRecord } from "../../../shared/features/encode.ts";
import { countBucket, statisticKey } from "../../../shared/features/encode-statistic.ts";
import { FeatureMap } from "../../../shared/features/feature-map.ts";
import { areCounts, readCounts, writeCounts } from "../../../shared/features/statistic-counts.ts";
import { parse } from "../../../shared/schemas/coded-error.ts";

const KEY = statisticKey({ user: 7, item: "a" }, ["user", "item"])!;

function mapOf(from: "context" | "candidate", counts: { keys: string; ones: string; zeros: string }) {
  const user = {
    name: "user",
    from: "context",
    firstRow: 0,
    rowCount: 3,
    kind: "categorical",
    ids: { vocabulary: ["7"] },
  } as const;
  const statistic = {
    name: "used",
    from,
    firstRow: 3,
    rowCount: 36,
    kind: "statistic",
    of: ["user", "item"],
    bucketCount: 6,
  } as const;
  return parse(FeatureMap, { version: 1, rowCount: 39, fields: [user, { ...statistic, hashVersion: 1, ...counts }] });
}

const counts = (ones: number, zeros: number) =>
  writeCounts({ keys: Uint32Array.of(KEY), ones: Uint8Array.of(ones), zeros: Uint8Array.of(zeros) });

/** The row within the field. */
function rowOf(raw: RawRecord, ones: number, zeros: number, own: 0 | 1 | null = null): number {
  const writer = new BagWriter(1);
  createEncoder(mapOf("candidate", counts(ones, zeros)), () => own).candidate.encode(raw, writer);
  const { rows, weights } = writer.view();
  expect([...weights]).toEqual([1]);
  return rows[0]! - 3;
}

describe("a statistic field", () => {
  it("encodes the buckets of both counts", () => {
    expect([0, 1, 2, 3, 4, 7, 8, 255].map((count) => countBucket(count, 6))).toEqual([0, 1, 2, 2, 3, 3, 4, 5]);
    expect(rowOf({ user: 7, item: "a" }, 5, 1)).toBe(3 * 6 + 1);
    expect(rowOf({ user: "7", item: "a" }, 255, 0)).toBe(5 * 6);
  });

  it("knows nothing of unseen combinations and of missing values", () => {
    expect(rowOf({ user: 8, item: "a" }, 5, 1)).toBe(0);
    expect(rowOf({ user: 7 }, 5, 1)).toBe(0);
  });

  it("leaves a training example out of its own counts", () => {
    expect(rowOf({ user: 7, item: "a" }, 1, 0, 1)).toBe(0);
    expect(rowOf({ user: 7, item: "a" }, 4, 1, 0)).toBe(3 * 6);
  });

  it("crosses the sides only where a candidate's statistic counts a field of the context", () => {
    expect(createEncoder(mapOf("candidate", counts(1, 0))).crosses).toBe(true);
    expect(createEncoder(mapOf("context", counts(1, 0))).crosses).toBe(false);
  });

  it("keys do not run into one another", () => {
    expect(statisticKey({ a: "x", b: "yz" }, ["a", "b"])).not.toBe(statisticKey({ a: "xy", b: "z" }, ["a", "b"]));
  });
});

describe("written counts", () => {
  it("read back as they were", () => {
    const count = fc.integer({ min: 0, max: 255 });
    const entries = fc.uniqueArray(fc.tuple(fc.integer({ min: 0, max: 2 ** 32 - 1 }), count, count), {
      selector: ([key]) => key,
    });
    fc.assert(
      fc.property(entries, (unsorted) => {
        const sorted = unsorted.toSorted(([a], [b]) => a - b);
        const columns = {
          keys: Uint32Array.from(sorted, ([key]) => key),
          ones: Uint8Array.from(sorted, ([, ones]) => ones),
          zeros: Uint8Array.from(sorted, ([, , zeros]) => zeros),
        };
        const written = writeCounts(columns);
        expect(areCounts(written)).toBe(true);
        expect(readCounts(written)).toEqual(columns);
      }),
    );
  });

  it("are refused where they are damaged", () => {
    const good = writeCounts({ keys: Uint32Array.of(1, 2), ones: Uint8Array.of(1, 1), zeros: Uint8Array.of(0, 0) });
    const swapped = writeCounts({ keys: Uint32Array.of(2, 1), ones: Uint8Array.of(1, 1), zeros: Uint8Array.of(0, 0) });
    for (const bad of [{ ...good, keys: "?" }, { ...good, ones: "AQ==" }, { ...good, zeros: "" }, swapped])
      expect(() => mapOf("candidate", bad)).toThrow();
  });
});
