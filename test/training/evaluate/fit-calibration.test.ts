// How a calibration is chosen, and what each kind must survive. Platt's lines equal scikit-learn's logistic regression.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parse } from "../../../shared/schemas/coded-error.ts";
import { Calibration, calibrate, createCalibrator } from "../../../shared/scoring/calibration.ts";
import { Random } from "../../../training/engine/random.ts";
import { CALIBRATION_KINDS, type CalibrationKind } from "../../../training/evaluate/calibration-kinds.ts";
import { chooseCalibration, fitKind } from "../../../training/evaluate/fit-calibration.ts";
import { evaluate } from "../../../training/evaluate/metrics.ts";
import vectors from "../../vectors/calibration.json" with { type: "json" };

const KINDS = Object.keys(CALIBRATION_KINDS) as CalibrationKind[];

/** Labels drawn at the probability that `truth` says of logits in [-4, 4). */
function drawn(count: number, truth: (logit: number) => number, seed = 1) {
  const random = new Random(seed);
  const logits = random.fillUniform(new Float32Array(count), 4);
  return { logits, labels: Uint8Array.from(logits, (logit) => (random.uniform() < truth(logit) ? 1 : 0)) };
}
const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

describe("chooseCalibration", () => {
  it.each<[CalibrationKind, (logit: number) => number]>([
    ["temperature", (x) => sigmoid(0.4 * x)],
    ["platt", (x) => sigmoid(0.5 * x - 1.5)],
    ["isotonic", (x) => (x < -1 ? 0.1 : x < 2 ? 0.35 : 0.9)],
  ])("takes %s where the truth has that form", (kind, truth) => {
    const { logits, labels } = drawn(20_000, truth);
    const choice = chooseCalibration(logits, labels);
    expect(choice.kind).toBe(kind);
    const test = drawn(20_000, truth, 2);
    const probabilities = Float64Array.from(test.logits, createCalibrator(choice.calibration));
    expect(evaluate(probabilities, test.labels).ece).toBeLessThan(0.03);
  });

  it("does not let isotonic win by following the labels that it is fitted on", () => {
    const { logits, labels } = drawn(300, sigmoid);
    const { loglosses, kind } = chooseCalibration(logits, labels);
    expect(loglosses.isotonic).toBeGreaterThan(loglosses.temperature);
    expect(kind).not.toBe("isotonic");
  });
});

describe("fitKind", () => {
  it.each(vectors.cases)("Platt scaling equals scikit-learn: $name", ({ logits, labels, expected }) => {
    const line = fitKind("platt", Float32Array.from(logits), Uint8Array.from(labels));
    if (!("slope" in line)) throw new Error("a line");
    expect(line.slope).toBeCloseTo(expected.slope, 5);
    expect(line.intercept).toBeCloseTo(expected.intercept, 5);
  });

  it("beta calibration bends where its two slopes differ", () => {
    const truth = (x: number) => sigmoid(-0.4 * Math.log1p(Math.exp(-x)) + 1.6 * Math.log1p(Math.exp(x)) - 0.5);
    const { logits, labels } = drawn(40_000, truth);
    const curve = fitKind("beta", logits, labels);
    for (const x of [-3, -1, 0, 1, 3]) expect(Math.abs(calibrate(x, curve) - truth(x))).toBeLessThan(0.02);
  });

  it("a line keeps slope 1 where logits rank the wrong way round", () => {
    const line = fitKind("platt", Float32Array.of(-2, -1, 1, 2), Uint8Array.of(1, 1, 0, 0));
    expect(line).toEqual({ slope: 1, intercept: expect.closeTo(0, 6) });
  });

  it.each(KINDS)("%s answers a rising curve that can be served, for any logits and labels", (kind) => {
    const example = fc.tuple(fc.float({ min: -200, max: 200, noNaN: true }), fc.integer({ min: 0, max: 1 }));
    fc.assert(
      fc.property(fc.array(example, { minLength: 1, maxLength: 60 }), (examples) => {
        const logits = Float32Array.from(examples, ([logit]) => logit);
        const labels = Uint8Array.from(examples, ([, label]) => label);
        const calibration = fitKind(kind, logits, labels);
        expect(parse(Calibration, calibration)).toEqual(calibration);
        const probabilities = [...logits].sort((a, b) => a - b).map(createCalibrator(calibration));
        const rises = (p: number, index: number) => p > 0 && p <= 1 && p >= (probabilities[index - 1] ?? 0) * (1 - 1e-12);
        expect(probabilities.every(rises)).toBe(true);
      }),
    );
  });
});
