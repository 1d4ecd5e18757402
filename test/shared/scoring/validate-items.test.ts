// A model whose retrieval does not hold together is refused by name of its tensor, before anything reads past an end.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Tensor } from "../../../shared/artifact/safetensors.ts";
import type { Architecture } from "../../../shared/scoring/architecture.ts";
import module from "../../../shared/scoring/kernel/scorer-relaxed.wasm";
import { createKernelRetriever } from "../../../shared/scoring/kernel-retriever.ts";
import type { ServedModel } from "../../../shared/scoring/scorer.ts";
import { problemOf } from "./problem-of.ts";
import { randomBags } from "./random-model.ts";
import { randomRetrieval } from "./random-retrieval.ts";

const choice = { items: 20, width: 6, tower: [5], bits: 7, extreme: false } as const;
const model = randomRetrieval(2, choice);
const names = [...model.tensors.keys()].filter((name) => /^(items|tower)\./.test(name));
const tensorOf = (name: string) => model.tensors.get(name) as Tensor; // a name of `names`

const withTensor = (name: string, tensor: Tensor | undefined): ServedModel => {
  const tensors = new Map(model.tensors);
  if (tensor) tensors.set(name, tensor);
  else tensors.delete(name);
  return { ...model, tensors };
};

type Retrieval = NonNullable<Architecture["retrieval"]>;
const retrieval = model.architecture.retrieval as Retrieval; // drawn with one
const withRetrieval = (change: Partial<Retrieval>): ServedModel => ({
  ...model,
  architecture: { ...model.architecture, retrieval: { ...retrieval, ...change } },
});

it("a sound model is accepted, with a tower of any depth", () => {
  for (const tower of [[], [3], [3, 4]]) expect(problemOf(randomRetrieval(3, { ...choice, tower }))).toBeNull();
});

describe("a tensor that is wrong is named", () => {
  it.each(names)("%s", (name) => {
    const { dtype, shape, data } = tensorOf(name);
    const others: [string, Tensor | undefined][] = [
      ["missing", undefined],
      ["a row more", { dtype, shape: shape.with(0, (shape[0] ?? 0) + 1), data }],
      ["shorter than its shape", { dtype, shape, data: data.slice(1) }],
      ["another dtype", { dtype: dtype === "I8" ? "I32" : "I8", shape, data }],
      ["another array", { dtype, shape, data: dtype === "I8" ? Int32Array.from(data) : Int8Array.from(data) }],
    ];
    const numbers = data instanceof Float32Array ? [Number.NaN, Infinity, ...(name.endsWith("scale") ? [-1] : [])] : [];
    for (const bad of numbers) others.push([`a ${bad}`, { dtype, shape, data: data.with(0, bad) }]);
    for (const [how, tensor] of others) {
      const problem = problemOf(withTensor(name, tensor));
      expect(problem, how).toMatchObject({ code: "model_invalid" });
      expect(["items.id", "items.idEnd"].includes(name) ? "items.id" : problem?.path, how).toContain(name.slice(0, 8));
    }
  });

  it.each([
    ["an id that ends before it begins", (ends: Int32Array) => ends.with(3, 1)],
    ["an id of no bytes", (ends: Int32Array) => ends.with(3, ends[2] as number)],
    ["an end below 0", (ends: Int32Array) => ends.with(0, -1)],
    ["ids past the bytes", (ends: Int32Array) => ends.with(19, 2 ** 31 - 1)],
    ["bytes of no id", (ends: Int32Array) => ends.with(19, (ends[19] as number) - 1)],
  ])("items.idEnd: %s", (_, spoil) => {
    const ends = tensorOf("items.idEnd");
    const broken = withTensor("items.idEnd", { ...ends, data: spoil(ends.data as Int32Array) }); // an I32
    expect(problemOf(broken)).toMatchObject({ code: "model_invalid", path: "items.idEnd" });
  });

  it("items.scale: beyond f32 with the query's scale", () => {
    const scales = { ...tensorOf("items.scale"), data: new Float32Array(20).fill(1e30) };
    const broken = { ...withRetrieval({ queryScale: 1e10 }), tensors: withTensor("items.scale", scales).tensors };
    expect(problemOf(broken)).toMatchObject({ code: "model_invalid", path: "items.scale" });
  });
});

describe("an architecture that is wrong is named", () => {
  const [first, second] = retrieval.inputs as [Retrieval["inputs"][number], Retrieval["inputs"][number]];
  it.each<[string, ServedModel, string]>([
    ["an input too few", withRetrieval({ inputs: [first] }), "architecture.retrieval.inputs"],
    ["a scale a column after the first layer", withRetrieval({ inputs: [first, { ...second, scale: null }] }), "tower.1.weight"],
    ["a query scale below f32", withRetrieval({ queryScale: 1e-60 }), "architecture.retrieval.queryScale"],
    ["a query scale beyond f32", withRetrieval({ queryScale: 1e60 }), "architecture.retrieval.queryScale"],
    ["too wide a query", withRetrieval({ dimension: 8193 }), "tower.1.weight"],
    ["more items than vectors", withRetrieval({ items: 21 }), "items.vector"],
    ["more items than there are numbers for", withRetrieval({ items: 2 ** 52 }), "items.vector"],
    ["tensors of none", { ...model, architecture: { ...model.architecture, retrieval: null } }, "tower.0"],
  ])("%s", (_, broken, path) => {
    const problem = problemOf(broken);
    expect(problem).toMatchObject({ code: "model_invalid" });
    expect(problem?.path).toContain(path);
  });

  it("a tower without context fields", () => {
    const onlyCandidates = randomRetrieval(4, { ...choice, model: { context: 0, candidate: 2 } });
    expect(problemOf(onlyCandidates)).toMatchObject({ code: "model_invalid", path: "architecture.retrieval" });
  });
});

it("whatever the tensors say, a retriever is refused with a code, or retrieves without a trap", () => {
  const context = randomBags(1, model, "context", 1);
  const bytes = fc.record({ name: fc.constantFrom(...names), at: fc.nat(), value: fc.integer({ min: 0, max: 255 }) });
  fc.assert(
    fc.property(fc.array(bytes, { minLength: 1, maxLength: 8 }), (changes) => {
      const tensors = new Map([...model.tensors].map(([name, tensor]) => [name, { ...tensor, data: tensor.data.slice() }]));
      for (const { name, at, value } of changes) {
        const { data } = tensors.get(name) as Tensor; // a name of `names`
        new Uint8Array(data.buffer)[at % data.byteLength] = value;
      }
      try {
        const retriever = createKernelRetriever(module, { ...model, tensors });
        const { indices, scores } = retriever.retrieve(context, 30);
        expect(indices.toSorted()).toEqual(Int32Array.from({ length: 20 }, (_, i) => i));
        expect(scores.some(Number.isNaN)).toBe(false);
        expect(typeof retriever.idOf(7)).toBe("string");
      } catch (error) {
        expect(error).toMatchObject({ name: "CodedError", code: "model_invalid" });
      }
    }),
    { numRuns: 500 },
  );
});
