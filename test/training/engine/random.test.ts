import { describe, expect, it } from "vitest";
import { Random } from "../../../training/engine/random.ts";

describe("seeded randomness", () => {
  it("is the same for ever: a change would change every trained model", () => {
    const random = new Random(1);
    expect(Array.from({ length: 4 }, () => random.uint32())).toMatchInlineSnapshot(`
      [
        4114278092,
        2788919815,
        2346554250,
        2297666396,
      ]
    `);
    expect(new Random(1).fork("net").uint32()).toMatchInlineSnapshot(`408013828`);
  });

  it("goes on from a position as if it had been read to there", () => {
    const [read, sought] = [new Random(9), new Random(9)];
    read.fillDropout(new Float32Array(1001), 0.3);
    read.uint32();
    sought.seek(read.position);
    expect(Array.from({ length: 9 }, () => sought.uint32())).toEqual(Array.from({ length: 9 }, () => read.uint32()));
  });

  it("differs between seeds, and between names", () => {
    const firsts = [1, 2, 3].flatMap((seed) => ["a", "b", "ab"].map((name) => new Random(seed).fork(name).uint32()));
    expect(new Set(firsts).size).toBe(9);
  });

  it.each([0.1, 0.2, 0.5])("drops at rate %d, and keeps the mean at 1", (rate) => {
    const mask = new Random(3).fillDropout(new Float32Array(100_001), rate);
    const dropped = mask.filter((value) => value === 0).length / mask.length;
    expect(Math.abs(dropped - rate)).toBeLessThan(0.005);
    expect(new Set(mask).size).toBe(2);
    expect(mask.reduce((sum, value) => sum + value, 0) / mask.length).toBeCloseTo(1, 1);
  });

  it("goes on behind a mask that is drawn elsewhere as behind one that it fills", () => {
    for (const length of [8, 9]) {
      const [filling, telling] = [new Random(3), new Random(3)];
      filling.fillDropout(new Float32Array(length), 0.2);
      expect(telling.drawDropout(length, 0.2)).toMatchObject({ threshold: 13_107, kept: 65_536 / 52_429 });
      expect(telling.position).toBe(filling.position);
    }
  });

  it("fills evenly", () => {
    const values = new Random(4).fillUniform(new Float32Array(100_000), 2);
    const variance = values.reduce((sum, value) => sum + value * value, 0) / values.length;
    expect(variance).toBeCloseTo(4 / 3, 1);
    expect(Math.max(...values.map(Math.abs))).toBeLessThanOrEqual(2);
  });

  it("shuffles into a permutation, every place alike", () => {
    const random = new Random(5);
    const counts = new Array(4).fill(0);
    for (let round = 0; round < 8000; round++) {
      const items = random.shuffle(Int32Array.of(0, 1, 2, 3));
      expect([...items].toSorted()).toEqual([0, 1, 2, 3]);
      counts[items.indexOf(0)]++;
    }
    for (const count of counts) expect(Math.abs(count - 2000)).toBeLessThan(200);
  });
});
