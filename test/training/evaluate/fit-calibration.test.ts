// Platt scaling against scikit-learn's logistic regression, and what it must survive.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { calibrate } from "../../../shared/scoring/calibration.ts";
import { fitCalibration } from "../../../training/evaluate/fit-calibration.ts";
import vectors from "../../vectors/calibration.json" with { type: "json" };

describe("fitCalibration", () => {
  it.each(vectors.cases)("equals scikit-learn: $name", ({ logits, labels, expected }) => {
    const { slope, intercept } = fitCalibration(Float32Array.from(logits), Uint8Array.from(labels));
    expect(slope).toBeCloseTo(expected.slope, 5);
    expect(intercept).toBeCloseTo(expected.intercept, 5);
  });

  it("makes the mean probability the base rate", () => {
    const logits = Float32Array.from({ length: 1000 }, (_, i) => Math.sin(i) * 3);
    const labels = Uint8Array.from(logits, (logit, i) => (logit + 4 * Math.cos(i * i) > 2 ? 1 : 0));
    const calibration = fitCalibration(logits, labels);
    const mean = logits.reduce((sum, logit) => sum + calibrate(logit, calibration), 0) / 1000;
    expect(mean).toBeCloseTo(labels.reduce((sum, label) => sum + label, 0) / 1000, 2);
  });

  it("keeps slope 1 where logits rank the wrong way round", () => {
    const { slope, intercept } = fitCalibration(Float32Array.of(-2, -1, 1, 2), Uint8Array.of(1, 1, 0, 0));
    expect(slope).toBe(1);
    expect(intercept).toBeCloseTo(0, 6);
  });

  it("answers a finite rising line for any logits and labels", () => {
    const example = fc.tuple(fc.float({ min: -200, max: 200, noNaN: true }), fc.integer({ min: 0, max: 1 }));
    fc.assert(
      fc.property(fc.array(example, { maxLength: 30 }), (examples) => {
        const logits = Float32Array.from(examples, ([logit]) => logit);
        const { slope, intercept } = fitCalibration(
          logits,
          Uint8Array.from(examples, ([, label]) => label),
        );
        expect(slope).toBeGreaterThan(0);
        expect(Number.isFinite(slope) && Number.isFinite(intercept)).toBe(true);
      }),
    );
  });
});
