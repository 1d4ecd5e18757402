// What is served of a posterior deviates as the float draws do: eight bits and integer activations take next to nothing from the spread.
import { describe, expect, it } from "vitest";
import { sliceBags } from "../../../shared/features/bags.ts";
import { createKernelScorer } from "../../../shared/scoring/kernel-scorer.ts";
import type { Dataset } from "../../../training/dataset/dataset.ts";
import { Random } from "../../../training/engine/random.ts";
import type { FloatModel } from "../../../training/model/float-model.ts";
import { type FloatPosterior, fitPosterior } from "../../../training/posterior/fit-posterior.ts";
import { FloatForward } from "../../../training/quantize/float-forward.ts";
import { readKernelModule } from "../../../training/quantize/kernel-module.ts";
import { quantize } from "../../../training/quantize/quantize.ts";
import { addPosterior } from "../../../training/quantize/quantize-posterior.ts";
import type { ModelChoice } from "../../shared/scoring/random-model.ts";
import { randomDataset, randomFloatModel } from "./random-float-model.ts";

const base: ModelChoice = {
  context: 3,
  candidate: 3,
  dimension: 8,
  linear: true,
  fm: true,
  cross: 0,
  hidden: null,
  extreme: false,
  values: false,
};
const DRAWS = 24;

/** In f64, from the float net's own head inputs. */
function floatDeviations(
  model: FloatModel,
  posterior: FloatPosterior,
  { context, candidate }: Dataset,
  example: number,
): number[] {
  const inputs = new Map<string, Float32Array>();
  new FloatForward(model, (layer, input) => inputs.set(layer, input.slice())).logit(context, candidate, example);
  const dot = (weights: Float32Array | null, layer: string, m: number) => {
    const x = [...(inputs.get(layer) ?? [])];
    return weights ? x.reduce((sum, value, i) => sum + value * weights[m * x.length + i]!, 0) : 0;
  };
  const bags = sliceBags(candidate, example, 1);
  const ofRows = (m: number) =>
    posterior.rows.reduce((total, { field, values }) => {
      const { firstRow, rowCount } = model.featureMap.fields.find(({ name }) => name === field)!;
      for (let k = bags.offsets[0]!; k < bags.offsets.at(-1)!; k++) {
        const row = bags.rows[k]! - firstRow;
        if (row >= 0 && row < rowCount) total += bags.weights[k]! * values[row * DRAWS + m]!;
      }
      return total;
    }, 0);
  return Array.from(
    { length: DRAWS },
    (_, m) => posterior.bias[m]! + dot(posterior.cross, "cross.head", m) + dot(posterior.mlp, "mlp.head", m) + ofRows(m),
  );
}

describe("served draws", () => {
  it.each([
    ["fm, which has rows alone", {}],
    ["deepfm", { hidden: [24, 12] }],
    ["dcn-v2", { fm: false, linear: false, cross: 2, hidden: [16] }],
    ["an mlp of no hidden layer, which has rows alone", { fm: false, hidden: [] }],
  ])("deviate as the float draws do: %s", async (_, family) => {
    const model = randomFloatModel(3, { ...base, ...family });
    const data = randomDataset(4, model, 400);
    const wanted = { draws: DRAWS, priorVariance: 1, rowVariance: 0.3, random: new Random(2) };
    const posterior = await fitPosterior(model, data, wanted);
    const scorer = createKernelScorer(readKernelModule(), addPosterior(quantize(model, data), posterior));
    let [difference, spread, served] = [0, 0, 0];
    for (let example = 0; example < 100; example++) {
      const expected = floatDeviations(model, posterior, data, example);
      const scores = scorer.scoreDraws(sliceBags(data.context, example, 1), sliceBags(data.candidate, example, 1));
      for (const [m, deviation] of expected.entries()) {
        const own = scores.drawLogits[m]! - scores.logits[0]!;
        difference += (own - deviation) ** 2;
        served += own ** 2;
        spread += deviation ** 2;
      }
    }
    expect(spread).toBeGreaterThan(1);
    expect(Math.sqrt(difference / spread)).toBeLessThan(0.12); // what x0 in 7 bits takes from a cross net of random weights
    expect(Math.sqrt(served / spread)).toBeGreaterThan(0.98);
    expect(Math.sqrt(served / spread)).toBeLessThan(1.02);
  });
});
