// Parts that sum to the logit: exact where they can be, fair to fields, and the same in every runtime.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Bags, BagWriter, sliceBags } from "../../../shared/features/bags.ts";
import { layoutFields } from "../../../shared/features/feature-map.ts";
import { type Attribution, attribute } from "../../../shared/scoring/attribution.ts";
import { crossLogit, integrateCross } from "../../../shared/scoring/integrate-cross.ts";
import { integrateMlp, mlpLogit } from "../../../shared/scoring/integrate-mlp.ts";
import { createReferenceScorer, encodeSide } from "../../../shared/scoring/reference.ts";
import type { ServedModel } from "../../../shared/scoring/scorer.ts";
import { float32Tensor, int8Tensor, type ServedLayer, servedLayers } from "../../../shared/scoring/served-layers.ts";
import { type ModelChoice, randomBags, randomModel, seededRandom } from "./random-model.ts";

const BASE: ModelChoice = {
  context: 2,
  candidate: 3,
  dimension: 4,
  linear: false,
  fm: false,
  cross: 0,
  hidden: null,
  extreme: false,
  values: false,
};

/** The served families, as mixes of terms. */
const FAMILIES: [family: string, choice: Partial<ModelChoice>][] = [
  ["logistic", { linear: true }],
  ["fm", { linear: true, fm: true }],
  ["deepfm", { linear: true, fm: true, hidden: [12, 6], values: true }],
  ["dcn-v2", { cross: 2, hidden: [8], bits: 11 }],
  ["low-rank dcn-v2", { cross: 3, rank: 2, hidden: [8, 8], embeddingBits: 4, dimension: 5 }],
  ["mlp", { hidden: [16], values: true }],
  ["a lone head", { hidden: [], values: true }],
  ["no candidate fields", { linear: true, cross: 1, hidden: [4], context: 4, candidate: 0 }],
];

const choose = (choice: Partial<ModelChoice>): ModelChoice => ({ ...BASE, ...choice });
const sumOf = ({ baseline, parts, rounding }: Attribution) => parts.reduce((sum, { part }) => sum + part, baseline) + rounding;
const sizeOf = ({ logit, baseline, parts, rounding }: Attribution) =>
  Math.max(1, ...[logit, baseline, rounding, ...parts.map(({ part }) => part)].map(Math.abs));

/** A random model with one context and one candidate. */
function draw(seed: number, choice: ModelChoice) {
  const model = randomModel(seed, choice);
  const [context, candidate] = [randomBags(seed + 1, model, "context", 1), randomBags(seed + 2, model, "candidate", 3)];
  return { model, context, candidate };
}

/** Columns of x0 as the reference encodes them. */
function columnsOf({ model, context, candidate }: ReturnType<typeof draw>): Float64Array<ArrayBuffer> {
  const layout = layoutFields(model.featureMap, model.architecture.embeddingDimension);
  const columns = (["context", "candidate"] as const).flatMap((from) => {
    const fields = layout.filter(({ field }) => field.from === from);
    return encodeSide(model, fields, from === "context" ? context : candidate, 0).columns;
  });
  return Float64Array.from(columns);
}

describe.each(FAMILIES)("parts of %s", (_, partial) => {
  it("sum to the served logit with baseline and rounding, over any model and bags", () => {
    const choices = fc.record({ seed: fc.nat(), extreme: fc.boolean() });
    fc.assert(
      fc.property(choices, ({ seed, extreme }) => {
        const { model, context, candidate } = draw(seed, choose({ ...partial, extreme }));
        const attribution = attribute(model, context, candidate);
        const { logits } = createReferenceScorer(model).score(context, candidate);
        expect(attribution.logit).toBe(logits[0]);
        expect(attribution.parts.map(({ field }) => field)).toEqual(model.featureMap.fields.map(({ name }) => name));
        expect(Math.abs(sumOf(attribution) - attribution.logit)).toBeLessThanOrEqual(1e-9 * sizeOf(attribution));
      }),
      { numRuns: 60 },
    );
  });

  it("leave to rounding no more than integers take: integration is complete", () => {
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        const drawn = draw(seed, choose(partial));
        const { baseline, parts } = attribute(drawn.model, drawn.context, drawn.candidate);
        const expected = unrounded(drawn);
        expect(Math.abs(parts.reduce((sum, { part }) => sum + part, baseline) - expected)).toBeLessThan(
          1e-5 * (1 + parts.reduce((sum, { part }) => sum + Math.abs(part), 0)), // linear sums and vectors are f32
        );
      }),
      { numRuns: 60 },
    );
  });
});

/** The logit of the same weights, in f64 and without integers: written from the sums that `Architecture` documents. */
function unrounded(drawn: ReturnType<typeof draw>): number {
  const { model, context, candidate } = drawn;
  const { embeddingDimension, linear, fm, cross, mlp } = model.architecture;
  const layout = layoutFields(model.featureMap, embeddingDimension);
  const x0 = columnsOf(drawn);
  let logit = float32Tensor(model, "bias")[0] as number; // always one
  if (linear) logit += linearSum(model, context) + linearSum(model, sliceBags(candidate, 0, 1));
  const embedded = layout.filter((one) => one.embedded);
  for (let k = 0; fm && k < embeddingDimension; k++) {
    const values = embedded.map(({ firstColumn }) => x0[firstColumn + k] as number); // in range
    const sum = values.reduce((a, b) => a + b, 0);
    logit += values.reduce((total, value) => total - value * value, sum * sum) / 2;
  }
  if (cross) logit += crossLogit(servedLayers("cross", model, x0.length), x0);
  if (mlp) logit += mlpLogit(servedLayers("mlp", model, x0.length), x0);
  return logit;
}

function linearSum(model: ServedModel, { offsets, rows, weights }: Bags): number {
  let sum = 0;
  for (
    let k = offsets[0] as number;
    k < (offsets.at(-1) as number);
    k++ // offsets are never empty
  )
    sum += (float32Tensor(model, "linear")[rows[k] as number] as number) * (weights[k] as number); // rows are in range
  return sum;
}

describe("exact parts", () => {
  it("give each field its own linear sum", () => {
    const drawn = draw(5, choose({ linear: true }));
    const { parts, baseline, rounding } = attribute(drawn.model, drawn.context, drawn.candidate);
    const bags = { ...drawn.context, offsets: drawn.context.offsets.subarray(1, 3) };
    expect(parts[1]?.part).toBeCloseTo(linearSum(drawn.model, bags), 6);
    expect(baseline).toBe(float32Tensor(drawn.model, "bias")[0]);
    expect(Math.abs(rounding)).toBeLessThan(1e-6);
  });

  it("split the product of two fields in halves: three fields by hand", () => {
    const { model, context, candidate } = byHand([
      [1, 2],
      [3, 4],
      [5, -6],
    ]);
    const { parts, logit } = attribute(model, context, candidate); // products: 3 + 8 = 11, 5 - 12 = -7, 15 - 24 = -9
    expect(parts.map(({ part }) => part)).toEqual([(11 - 7) / 2, (11 - 9) / 2, (-7 - 9) / 2]);
    expect(logit).toBe(11 - 7 - 9);
  });
});

/** An FM of three categorical fields, the first of the context, with these vectors and nothing else. */
function byHand(vectors: [number, number][]) {
  const fields = vectors.map((_, i) => ({
    ...({ name: `field${i}`, from: i === 0 ? "context" : "candidate", firstRow: 2 * i, rowCount: 2 } as const),
    ...({ kind: "categorical", ids: { hashSpace: 1, hashVersion: 1 } } as const),
  }));
  const architecture = { embeddingDimension: 2, embeddingBits: 8, linear: false, fm: true, cross: null, mlp: null } as const;
  const rows = vectors.flatMap((vector) => [0, 0, ...vector]);
  const model: ServedModel = {
    featureMap: { version: 1, fields, rowCount: 6 },
    architecture: { ...architecture, retrieval: null, posterior: null },
    tensors: new Map([
      ["bias", { dtype: "F32", shape: [1], data: new Float32Array(1) }],
      ["embedding", { dtype: "I8", shape: [6, 2], data: Int8Array.from(rows) }],
      ["embedding.scale", { dtype: "F32", shape: [6], data: new Float32Array(6).fill(1) }],
    ]),
  };
  return { model, context: single([1]), candidate: single([3, 5]) };
}

describe("axioms", () => {
  const choice = choose({ linear: true, fm: true, cross: 2, hidden: [12, 6], bits: 11 });

  it("a field whose rows are all 0 has the part 0", () => {
    const { model, context, candidate } = draw(11, choice);
    const field = model.featureMap.fields[3] ?? expect.fail("five fields");
    const dimension = model.architecture.embeddingDimension;
    const end = field.firstRow + field.rowCount;
    int8Tensor(model, "embedding").fill(0, field.firstRow * dimension, end * dimension);
    float32Tensor(model, "linear").fill(0, field.firstRow, end);
    const { parts } = attribute(model, context, candidate);
    expect(parts[3]?.part).toBeCloseTo(0, 12);
    expect(parts[2]?.part).not.toBeCloseTo(0, 3);
  });

  it("an empty bag has the part 0", () => {
    const { model, context, candidate } = draw(12, choice);
    const none = { ...candidate, offsets: new Int32Array(candidate.offsets.length) };
    const { parts } = attribute(model, context, none);
    expect(parts.slice(2).map(({ part }) => Math.abs(part))).toEqual([0, 0, 0]);
  });

  it("two fields that do the same in every layer have the same part", () => {
    const { model, context } = draw(13, choose({ fm: true, cross: 1, hidden: [6], bits: 11 }));
    const [one, other] = [model.featureMap.fields[3]?.firstRow ?? 0, model.featureMap.fields[4]?.firstRow ?? 0];
    for (const name of ["cross.0", "cross.head", "mlp.0"]) twinInputs(model, name);
    for (const name of ["cross.0.bias", "cross.0.scale"]) float32Tensor(model, name).copyWithin(16, 12, 16);
    int8Tensor(model, "cross.0.weight").copyWithin(16 * 20, 12 * 20, 16 * 20);
    int8Tensor(model, "embedding").copyWithin(other * 4, one * 4, (one + 1) * 4);
    float32Tensor(model, "embedding.scale").copyWithin(other, one, one + 1);
    const { parts } = attribute(model, context, single([model.featureMap.fields[2]?.firstRow ?? 0, one, other]));
    expect(parts[3]?.part).not.toBeCloseTo(0, 4);
    expect(parts[3]?.part).toBeCloseTo(parts[4]?.part ?? Number.NaN, 10);
  });
});

/** Of 20 columns, makes the last 4 weigh in a layer what the 4 before them do. */
function twinInputs(model: ServedModel, name: string): void {
  const weight = int8Tensor(model, `${name}.weight`);
  for (let row = 0; row < weight.length; row += 20) weight.copyWithin(row + 16, row + 12, row + 16);
  if (model.tensors.has(`${name}.inputScale`)) float32Tensor(model, `${name}.inputScale`).copyWithin(16, 12, 16);
}

/** One example whose fields are one row each. */
function single(rows: readonly number[]): Bags {
  const writer = new BagWriter(rows.length);
  for (const row of rows) {
    writer.add(row, 1);
    writer.close();
  }
  return writer.view();
}

describe("integration", () => {
  const small = choose({ context: 1, candidate: 2, dimension: 3, bits: 11 });
  const layersOf = (name: string, seed: number): ServedLayer[] => {
    const random = seededRandom(seed);
    if (name === "MLP of one layer") return [randomLayer(random, 9, 24), randomLayer(random, 24, 1)];
    if (name === "MLP of three")
      return [randomLayer(random, 9, 16), randomLayer(random, 16, 12), randomLayer(random, 12, 6), randomLayer(random, 6, 1)];
    return servedLayers("cross", randomModel(seed, { ...small, cross: 3, rank: name === "low-rank cross net" ? 2 : null }), 9);
  };

  it.each(["cross net", "low-rank cross net", "MLP of one layer", "MLP of three"])(
    "agrees with fine steps of finite differences: %s",
    (name) => {
      const layers = layersOf(name, 21);
      const [integrate, logitOf] = name.startsWith("MLP") ? [integrateMlp, mlpLogit] : [integrateCross, crossLogit];
      const random = seededRandom(22);
      const x0 = Float64Array.from({ length: 9 }, () => random() * 4 - 2);
      const { columns, baseline } = integrate(layers, x0);
      expect(baseline).toBeCloseTo(logitOf(layers, new Float64Array(9)), 12);
      expect(columns.reduce((sum, column) => sum + column, baseline)).toBeCloseTo(logitOf(layers, x0), 9);
      const stepped = integrateByDifferences((x) => logitOf(layers, x), x0, 600);
      const size = columns.reduce((sum, column) => sum + Math.abs(column), 0);
      expect(size).toBeGreaterThan(0.1);
      for (const [i, column] of columns.entries()) expect(Math.abs(column - (stepped[i] as number))).toBeLessThan(1e-3 * size); // as long
    },
  );

  it("is complete for every net of a few layers, however close together its units switch", () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 0, maxLength: 4 });
    fc.assert(
      fc.property(fc.nat(), sizes, fc.boolean(), (seed, hidden, still) => {
        const random = seededRandom(seed);
        const widths = [7, ...hidden, 1];
        const layers = widths.slice(1).map((outputs, l) => randomLayer(random, widths[l] as number, outputs)); // one before
        if (still) for (const { bias } of layers) bias.fill(0); // all switch at the start
        const x0 = Float64Array.from({ length: 7 }, () => random() * 4 - 2);
        const { columns, baseline } = integrateMlp(layers, x0);
        const total = columns.reduce((sum, column) => sum + column, baseline);
        expect(Math.abs(total - mlpLogit(layers, x0))).toBeLessThan(1e-12);
      }),
      { numRuns: 300 },
    );
  });

  it("goes on by steps where there is no time for more, and is then complete to a hundredth", () => {
    const random = seededRandom(31);
    const layers = [randomLayer(random, 40, 90), randomLayer(random, 90, 80), randomLayer(random, 80, 1)];
    const x0 = Float64Array.from({ length: 40 }, () => random() * 2 - 1);
    const exact = integrateMlp(layers, x0);
    const size = exact.columns.reduce((sum, column) => sum + Math.abs(column), 0);
    for (const products of [0, 1000]) {
      const { columns, baseline } = integrateMlp(layers, x0, products);
      const total = columns.reduce((sum, column) => sum + column, baseline);
      expect(Math.abs(total - mlpLogit(layers, x0))).toBeLessThan(0.01 * size);
      expect(Math.abs(total - mlpLogit(layers, x0))).toBeGreaterThan(1e-9);
    }
  });
});

/** Midpoints, and central differences. */
function integrateByDifferences(
  logitAt: (x: Float64Array<ArrayBuffer>) => number,
  x0: Float64Array<ArrayBuffer>,
  steps: number,
): number[] {
  const width = 1e-6;
  return [...x0].map((value, i) => {
    let sum = 0;
    for (let s = 0; s < steps; s++) {
      const x = x0.map((one) => (one * (s + 0.5)) / steps);
      const at = x[i] as number; // i is in range
      x[i] = at + width;
      const above = logitAt(x);
      x[i] = at - width;
      sum += (above - logitAt(x)) / (2 * width);
    }
    return (value * sum) / steps;
  });
}

function randomLayer(random: () => number, inputs: number, outputs: number): ServedLayer {
  const size = 1 / (127 * Math.sqrt(inputs));
  return {
    ...{ name: "mlp", inputs, outputs, input: { scale: 1, bits: 11 }, overX0: false, signed: true, outputScale: 1 },
    ...{ inverses: new Float32Array(inputs).fill(1), lowest: -2047, highest: 2047 },
    weight: Int8Array.from({ length: inputs * outputs }, () => Math.floor(random() * 255) - 127),
    factor: new Float32Array(outputs).fill(3 * size),
    bias: Float32Array.from({ length: outputs }, () => (random() - 0.5) * 0.3),
  };
}
