// The fitted map: orders, thresholds, statistics, and the same bytes for the same records.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BagWriter } from "../../../shared/features/bags.ts";
import { createEncoder, type RawRecord } from "../../../shared/features/encode.ts";
import { FeatureMap, type FittedField } from "../../../shared/features/feature-map.ts";
import { parse } from "../../../shared/schemas/coded-error.ts";
import { Task } from "../../../shared/tasks/task.ts";
import { fitFeatureMap } from "../../../training/features/fit.ts";
import { createVocabularyFit } from "../../../training/features/vocabulary.ts";

const taskOf = (...fields: object[]): Task =>
  parse(Task, { name: "test", label: "y", fields: fields.map((field) => ({ from: "context", name: "x", ...field })) });

/** Fits one field to values, checks it against the schema, and gives it back. */
async function fitOne(field: object, values: readonly unknown[]): Promise<FittedField> {
  const map = await fitFeatureMap(
    taskOf(field),
    values.map((x) => ({ x })),
  );
  const [fitted] = parse(FeatureMap, JSON.parse(JSON.stringify(map))).fields;
  if (!fitted) throw new Error("no field");
  return fitted;
}

const wordsOf = async (ids: object, values: readonly unknown[]) => {
  const field = await fitOne({ kind: "categorical", ids }, values);
  return "ids" in field && "vocabulary" in field.ids ? field.ids.vocabulary : [];
};

describe("vocabularies", () => {
  it("list the most frequent first, ties in code point order", async () => {
    expect(await wordsOf({ minCount: 1 }, ["b", "a", "\uffee", "🚀", 7, "7", null, "", "b"])).toEqual([
      "7",
      "b",
      "a",
      "\uffee",
      "🚀",
    ]);
  });

  it("keep what is seen often enough, and no more than asked for", async () => {
    expect(await wordsOf({ minCount: 2 }, ["a", "b", "b", "c", "c", "c"])).toEqual(["c", "b"]);
    expect(await wordsOf({ minCount: 1, maxSize: 1 }, ["a", "b", "b"])).toEqual(["b"]);
  });

  it("count only the ids that the encoder keeps", async () => {
    const multi = await fitOne({ kind: "multi", maxLength: 2 }, ["a|b|c", { d: 0.5, e: 1, f: 2 }]);
    expect(multi).toMatchObject({ ids: { vocabulary: ["a", "b", "d", "e"] }, rowCount: 6 });
    const sequence = await fitOne({ kind: "sequence", maxLength: 2 }, ["a|b|c", null]);
    expect(sequence).toMatchObject({ ids: { vocabulary: ["b", "c"] }, rowCount: 4 });
  });

  it("refuse to grow without bound, and name the field", () => {
    const fit = createVocabularyFit({ minCount: 1 }, "fields[3].ids", 2);
    for (const id of ["a", "b", "a"]) fit.observe(id);
    expect(() => fit.observe("c")).toThrow(expect.objectContaining({ code: "vocabulary_too_large", path: "fields[3].ids" }));
  });
});

describe("numbers", () => {
  it("take mean and standard deviation over what is there", async () => {
    const field = await fitOne({ kind: "numeric" }, [2, "4", 4, 4, 5, 5, 7, 9, null, "", "NaN", "x"]);
    expect(field).toMatchObject({ mean: 5, standardDeviation: 2, rowCount: 2 });
  });

  it("standardise logarithms, signs kept", async () => {
    const field = await fitOne({ kind: "numeric", transform: "log" }, [Math.E - 1, 1 - Math.E]);
    expect(field).toMatchObject({ mean: 0, standardDeviation: 1 });
  });

  it("survive a constant, nothing at all, and the largest numbers", async () => {
    for (const values of [[0.1, 0.1, 0.1], [], [3e38, -3e38, 1e300]]) {
      const field = await fitOne({ kind: "numeric" }, values);
      expect(field.kind === "numeric" && Number.isFinite(field.mean) && field.standardDeviation > 0).toBe(true);
    }
    expect(await fitOne({ kind: "numeric", transform: "quantile" }, [])).toMatchObject({ boundaries: [], rowCount: 2 });
  });

  it("cut quantiles of equal count, without empty buckets", async () => {
    const uniform = Array.from({ length: 1000 }, (_, index) => (index * 7919) % 1000);
    const field = await fitOne({ kind: "numeric", transform: "quantile", buckets: 4 }, uniform);
    expect(field).toMatchObject({ boundaries: [250, 500, 750], meanBucket: 1, rowCount: 5 });
    const zeros = [...new Array<number>(90).fill(0), ...Array.from({ length: 10 }, (_, index) => index + 1)];
    expect(await fitOne({ kind: "numeric", transform: "quantile", buckets: 10 }, zeros)).toMatchObject({ boundaries: [1] });
  });

  it("estimate the quantiles of long streams from a bounded sample", async () => {
    function* stream() {
      for (let index = 0; index < 300_000; index++) yield { x: index };
    }
    const map = await fitFeatureMap(taskOf({ kind: "numeric", transform: "quantile", buckets: 10 }), stream());
    const [field] = map.fields;
    if (field?.kind !== "quantile") throw new Error("no quantile field");
    field.boundaries.forEach((boundary, index) => {
      expect(Math.abs(boundary / 300_000 - (index + 1) / 10)).toBeLessThan(0.01);
    });
  });
});

describe("fitFeatureMap", () => {
  const task = taskOf(
    { kind: "text", name: "title", from: "candidate", hashSpace: 50 },
    { kind: "categorical", name: "city" },
    { kind: "vector", name: "image", from: "candidate", dimension: 2 },
    { kind: "categorical", name: "user", ids: { hashSpace: 10 } },
  );

  it("puts the context first and lays the rows end to end", async () => {
    const { fields, rowCount } = await fitFeatureMap(task, [{ city: "a" }]);
    expect(fields.map(({ name, firstRow }) => [name, firstRow])).toEqual([
      ["city", 0],
      ["user", 3],
      ["title", 14],
      ["image", 65],
    ]);
    expect(rowCount).toBe(68);
  });

  it("gives a map that the schema accepts and the encoder stays within, for any records", async () => {
    const record = fc.dictionary(fc.constantFrom("title", "city", "image", "user"), fc.jsonValue());
    await fc.assert(
      fc.asyncProperty(fc.array(record), async (records: RawRecord[]) => {
        const map = parse(FeatureMap, JSON.parse(JSON.stringify(await fitFeatureMap(task, records))));
        expect(await fitFeatureMap(task, records)).toEqual(map);
        const writer = new BagWriter(2);
        for (const raw of records) createEncoder(map).context.encode(raw, writer);
        expect(writer.view().rows.every((row) => row >= 0 && row < map.rowCount)).toBe(true);
      }),
    );
  });
});
