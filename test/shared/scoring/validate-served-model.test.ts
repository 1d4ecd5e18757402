// A malformed model is refused by name of its tensor, before anything reads past an end.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Dtype, Tensor } from "../../../shared/artifact/safetensors.ts";
import module from "../../../shared/scoring/kernel/scorer.wasm";
import { createKernelScorer } from "../../../shared/scoring/kernel-scorer.ts";
import type { ServedModel } from "../../../shared/scoring/scorer.ts";
import { problemOf } from "./problem-of.ts";
import { type ModelChoice, randomBags, randomModel } from "./random-model.ts";

const choice: ModelChoice = {
  context: 2,
  candidate: 2,
  dimension: 3,
  linear: true,
  fm: true,
  cross: 2,
  hidden: [5, 4],
  extreme: false,
  values: true,
};
const model = randomModel(1, choice);
const names = [...model.tensors.keys()];
const tensorOf = (name: string) => model.tensors.get(name) as Tensor; // a name of `names`
const withTensor = (name: string, tensor: Tensor | undefined): ServedModel => {
  const tensors = new Map(model.tensors);
  if (tensor) tensors.set(name, tensor);
  else tensors.delete(name);
  return { ...model, tensors };
};

describe("a sound model", () => {
  it.each([0, 1, 2, 3, 4])("is accepted (%i)", (seed) => {
    expect(problemOf(randomModel(seed, { ...choice, cross: seed % 3, hidden: seed % 2 ? [] : [3] }))).toBeNull();
  });
});

describe("a tensor that is wrong is named", () => {
  it.each(names)("%s", (name) => {
    const { dtype, shape, data } = tensorOf(name);
    const others: [string, Tensor | undefined][] = [
      ["missing", undefined],
      ["a row more", { dtype, shape: shape.with(0, (shape[0] ?? 0) + 1), data }],
      ["shorter than its shape", { dtype, shape, data: data.slice(1) }],
      ["another dtype", { dtype: dtype === "I8" ? "F32" : "I8", shape, data }],
      ["another array", { dtype, shape, data: dtype === "I8" ? Float32Array.from(data) : Int8Array.from(data) }],
      ["another rank", { dtype, shape: [...shape, 1], data }],
    ];
    if (data instanceof Float32Array) {
      for (const bad of [Number.NaN, Infinity, ...(name.endsWith("scale") ? [-1] : [])]) {
        others.push([`a ${bad}`, { dtype, shape, data: data.with(data.length - 1, bad) }]);
      }
    }
    for (const [how, tensor] of others) {
      expect(problemOf(withTensor(name, tensor)), how).toMatchObject({ code: "model_invalid", path: name });
    }
  });

  it("one that the architecture does not have", () => {
    expect(problemOf(withTensor("mlp.7.weight", tensorOf("bias")))).toMatchObject({
      code: "model_invalid",
      path: "mlp.7.weight",
    });
  });
});

describe("an architecture or a feature map that is wrong is named", () => {
  const { architecture, featureMap } = model;
  const input = (scale: number | null) => ({ scale, bits: 11 as const });
  const mlp = { hidden: [5, 4], inputs: [input(1), input(1)], headInputScale: 1 };
  const field = (index: number, change: object) => ({
    ...model,
    featureMap: { ...featureMap, fields: featureMap.fields.map((f, i) => (i === index ? { ...f, ...change } : f)) },
  });
  const cases: [string, ServedModel, string][] = [
    [
      "a scale too few",
      { ...model, architecture: { ...architecture, mlp: { ...mlp, inputs: [input(1)] } } },
      "architecture.mlp.inputs",
    ],
    [
      "a scale below f32",
      { ...model, architecture: { ...architecture, mlp: { ...mlp, headInputScale: 1e-60 } } },
      "mlp.head.weight",
    ],
    [
      "a scale beyond f32",
      { ...model, architecture: { ...architecture, mlp: { ...mlp, inputs: [input(1), input(1e60)] } } },
      "mlp.1.weight",
    ],
    ["too wide a layer", { ...model, architecture: { ...architecture, mlp: { ...mlp, hidden: [5, 8193] } } }, "mlp.1.weight"],
    ["too wide an input", { ...model, architecture: { ...architecture, embeddingDimension: 9000 } }, "cross.0.weight"],
    ["rows past the table", field(3, { firstRow: featureMap.rowCount }), "featureMap.fields[3]"],
    ["rows of the field before", field(2, { firstRow: (featureMap.fields[2]?.firstRow ?? 0) - 1 }), "featureMap.fields[2]"],
    ["more ids than rows", field(1, { ids: { hashSpace: 1e9, hashVersion: 1 } }), "featureMap.fields[1]"],
    ["candidate before context", field(0, { from: "candidate" }), "featureMap.fields[1]"],
  ];
  it.each(cases)("%s", (_, broken, path) => {
    expect(problemOf(broken)).toMatchObject({ code: "model_invalid", path });
  });

  it("more layers than any task has", () => {
    const many = { hidden: Array(300).fill(1), inputs: Array(300).fill(input(1)), headInputScale: 1 };
    expect(problemOf({ ...model, architecture: { ...architecture, mlp: many } })).toMatchObject({ path: "architecture" });
  });

  /** No tensor tells how many columns or rows these may have: found by the fuzz of the loader. */
  const logistic = { ...architecture, fm: false, cross: null, mlp: null };
  const unbounded: [string, object, object, string][] = [
    ["wide embeddings", { ...logistic, embeddingDimension: 1e15 }, {}, "architecture.embeddingDimension"],
    ["a wide field by value", logistic, { rowCount: 1e6 }, "featureMap.fields"],
    ["rows beyond i32", { ...logistic, linear: false }, { firstRow: 2 ** 31 }, "featureMap.rowCount"],
  ];
  it.each(unbounded)("%s, of a model that looks at none of them", (_, odd, change, path) => {
    const { fields } = featureMap;
    const last = { ...fields[3], ...change } as (typeof fields)[number]; // a field of its kind still
    const rowCount = last.firstRow + last.rowCount;
    const linear: Tensor = { dtype: "F32", shape: [rowCount], data: new Float32Array(Math.min(rowCount, 2e6)) };
    const tensors = new Map([["bias", tensorOf("bias")]]);
    if (path !== "featureMap.rowCount") tensors.set("linear", linear);
    const broken = {
      architecture: { ...architecture, ...odd },
      featureMap: { ...featureMap, fields: fields.with(3, last), rowCount },
      tensors,
    };
    expect(problemOf(broken)).toMatchObject({ code: "model_invalid", path });
  });

  const scaled = { ...architecture, mlp: { ...mlp, inputs: [input(1), input(1e37)] } };
  const tensorsWith = (name: string, value: number) => {
    const tensors = new Map([...model.tensors].filter(([key]) => key !== "mlp.0.inputScale"));
    return tensors.set(name, { ...tensorOf(name), data: new Float32Array(tensorOf(name).data.length).fill(value) });
  };

  it("scales whose product is beyond f32", () => {
    const broken = { ...model, architecture: scaled, tensors: tensorsWith("mlp.1.scale", 1e10) };
    expect(problemOf(broken)).toMatchObject({ code: "model_invalid", path: "mlp.1.scale" });
  });

  it("a bias that the next layer's scale takes beyond f32", () => {
    const tiny = { ...architecture, mlp: { ...mlp, inputs: [input(1), input(1e-37)] } };
    const broken = { ...model, architecture: tiny, tensors: tensorsWith("mlp.0.bias", 1e10) };
    expect(problemOf(broken)).toMatchObject({ code: "model_invalid", path: "mlp.0.bias" });
  });

  it("a scale a column, of a layer that is not over x0 or is no positive number", () => {
    const hidden = { ...architecture, mlp: { ...mlp, inputs: [input(1), input(null)] } };
    expect(problemOf({ ...model, architecture: hidden })).toMatchObject({ path: "mlp.1.weight" });
    const inputScale = { dtype: "F32" as const, shape: [tensorOf("mlp.0.weight").shape[1] as number] };
    const data = new Float32Array(inputScale.shape[0] as number).fill(1).fill(0, 3, 4);
    const columns = { ...architecture, mlp: { ...mlp, inputs: [input(null), input(1)] } };
    const tensors = new Map(model.tensors).set("mlp.0.inputScale", { ...inputScale, data });
    expect(problemOf({ ...model, architecture: columns, tensors })).toMatchObject({ path: "mlp.0.inputScale" });
  });
});

describe("whatever the tensors say", () => {
  const dtypes: Dtype[] = ["F32", "I8", "I32"];
  const anyTensor = fc
    .record({
      dtype: fc.constantFrom(...dtypes),
      array: fc.constantFrom(...dtypes),
      shape: fc.array(fc.oneof(fc.integer({ min: -2, max: 9 }), fc.constantFrom(2 ** 31, 1e300, 0.5)), { maxLength: 3 }),
      length: fc.integer({ min: 0, max: 60 }),
      fill: fc.double(),
    })
    .map(({ dtype, array, shape, length, fill }): Tensor => {
      const data = { F32: new Float32Array(length), I8: new Int8Array(length), I32: new Int32Array(length) }[array];
      return { dtype, shape, data: data.fill(fill) };
    });

  it("a scorer is refused with a code, or scores without a trap", () => {
    const context = randomBags(1, model, "context", 1);
    const candidates = randomBags(2, model, "candidate", 3);
    const swap = fc.tuple(fc.constantFrom(...names), fc.constantFrom(...names));
    fc.assert(
      fc.property(fc.constantFrom(...names), fc.oneof(anyTensor, fc.constant(undefined)), swap, (name, tensor, [from, to]) => {
        const broken = withTensor(name, tensor);
        const swapped = { ...model, tensors: new Map(model.tensors).set(from, tensorOf(to)).set(to, tensorOf(from)) };
        for (const candidate of [broken, swapped]) {
          try {
            expect(createKernelScorer(module, candidate).score(context, candidates).logits).toHaveLength(3);
          } catch (error) {
            expect(error).toMatchObject({ name: "CodedError", code: "model_invalid" });
          }
        }
      }),
      { numRuns: 300 },
    );
  });
});
