import { expect, it } from "vitest";
import { deriveLogloss, meanLogloss } from "../../../training/trees/logloss.ts";

it("first and second derivatives agree with finite differences of the loss", () => {
  const logits = Float64Array.of(-4, -0.3, 0, 0.7, 5);
  const targets = Float64Array.of(0, 1, 0.25, 0, 1);
  const derivatives = { gradients: new Float64Array(5), hessians: new Float64Array(5) };
  deriveLogloss(logits, targets, derivatives);
  logits.forEach((logit, at) => {
    const loss = (x: number) => meanLogloss(Float64Array.of(x), [targets[at]!]);
    const step = 1e-4;
    expect(derivatives.gradients[at]).toBeCloseTo((loss(logit + step) - loss(logit - step)) / (2 * step), 7);
    expect(derivatives.hessians[at]).toBeCloseTo((loss(logit + step) - 2 * loss(logit) + loss(logit - step)) / step ** 2, 5);
  });
  expect(meanLogloss(Float64Array.of(0, 800), [1, 1])).toBeCloseTo(Math.LN2 / 2, 12);
});
