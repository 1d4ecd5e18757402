// Rows that the kernel may add up in i16: the proof holds for every window, at the smallest scale.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { quantizeProvenRows } from "../../../training/quantize/proven-rows.ts";

/** Largest sum, over windows of 64 inputs, of a lane's weights above 0 or below. */
function worstLane(row: Int8Array): number {
  let worst = 0;
  for (let first = 0; first < row.length; first += 64) {
    for (const lane of [0, 2]) {
      const weights = [...row.subarray(first, first + 64)].filter((_, i) => i % 4 === lane || i % 4 === lane + 1);
      const positive = weights.reduce((sum, w) => sum + Math.max(w, 0), 0);
      worst = Math.max(worst, positive, positive - weights.reduce((sum, w) => sum + w, 0));
    }
  }
  return worst;
}

describe("quantizeProvenRows", () => {
  it("keeps every window's products within i16, and is off by at most half a step", () => {
    const numbers = fc.array(fc.float({ noNaN: true, min: -100, max: 100 }), { minLength: 1, maxLength: 400 });
    fc.assert(
      fc.property(numbers, (row) => {
        const { values, scales } = quantizeProvenRows(Float32Array.from(row), row.length);
        const scale = scales[0] as number;
        expect(worstLane(values) * 127).toBeLessThanOrEqual(32_767);
        for (const [i, x] of row.entries())
          expect(Math.abs(x - (values[i] ?? 0) * scale)).toBeLessThanOrEqual(scale * 0.5001 + 1e-40);
      }),
    );
  });

  it("takes all of int8 where that fits, and no larger a scale than it must", () => {
    expect([...quantizeProvenRows(Float32Array.of(1, -1, 0.5, 0), 4).values]).toEqual([127, -127, 64, 0]);
    const { values } = quantizeProvenRows(new Float32Array(400).fill(1), 400);
    expect(worstLane(values)).toBe(32 * 8); // 258 is the most; 9 would give 288
  });

  it("gives a row of zeros scale 0, each row its own", () => {
    expect([...quantizeProvenRows(Float32Array.of(0, 0, 0, 0, 2, 2, 2, 2), 4).scales]).toEqual([0, Math.fround(2 / 127)]);
  });
});
