// The encoder against vectors made by an independent implementation, and its promises on any JSON value.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Bags, BagWriter, sliceBags } from "../../../shared/features/bags.ts";
import { createEncoder } from "../../../shared/features/encode.ts";
import { FeatureMap, type FittedField } from "../../../shared/features/feature-map.ts";
import { parse } from "../../../shared/schemas/coded-error.ts";
import vectors from "../../vectors/encoding.json" with { type: "json" };

const map = parse(FeatureMap, vectors.map);
const encoder = createEncoder(map);
const sideOf = (from: FittedField["from"]) => map.fields.filter((field) => field.from === from);

function encodeSide(from: FittedField["from"], raw: Readonly<Record<string, unknown>>): Bags {
  const writer = new BagWriter(encoder[from].fieldCount);
  encoder[from].encode(raw, writer);
  return writer.view();
}

/** The (row, weight) pairs of one field. */
function bagOf(name: string, value: unknown): [number, number][] {
  const field = map.fields.find((candidate) => candidate.name === name);
  if (!field) throw new Error(`no field ${name}`);
  return pairs(encodeSide(field.from, { [name]: value }), sideOf(field.from).indexOf(field));
}

function pairs({ offsets, rows, weights }: Bags, bag: number): [number, number][] {
  const bounds = [offsets[bag] ?? 0, offsets[bag + 1] ?? 0] as const;
  return Array.from(rows.subarray(...bounds), (row, k) => [row, weights[bounds[0] + k] ?? Number.NaN]);
}

describe("createEncoder", () => {
  it.each(vectors.cases)("$name", ({ input, expected }) => {
    expect(bagOf(input.field, input.value)).toEqual(expected);
  });

  it("takes what JSON cannot say as missing", () => {
    for (const value of [undefined, Number.NaN, Number.POSITIVE_INFINITY, () => 1, Symbol("x")]) {
      expect(bagOf("color", value)).toEqual([[0, 1]]);
      expect(bagOf("income", value)).toEqual([[map.fields[3]?.firstRow === undefined ? -1 : map.fields[3].firstRow + 1, 0]]);
    }
    expect(bagOf("color", 7n)).toEqual(bagOf("color", 7));
  });

  it("does not take what every object inherits for a value", () => {
    const inherited = ["constructor", "toString", "__proto__"].map((name) => ({ ...map.fields[0], name }) as FittedField);
    const { context } = createEncoder({ ...map, fields: inherited });
    const writer = new BagWriter(3);
    context.encode({}, writer);
    expect([...writer.view().rows]).toEqual([0, 0, 0]);
  });

  it("never throws, and gives every field one bag of its own rows with finite weights", () => {
    const names = map.fields.map(({ name }) => name);
    const likely = fc.oneof(fc.constantFrom("a", "a|b", "0.1|2|3", "red", ""), fc.double(), fc.array(fc.double()));
    const value = fc.oneof(likely, fc.jsonValue(), fc.dictionary(fc.string(), fc.double()));
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...names), value), (raw) => {
        for (const from of ["context", "candidate"] as const) {
          const bags = encodeSide(from, raw);
          expect(bags.count).toBe(1);
          sideOf(from).forEach((field, bag) => {
            const pairsOfField = pairs(bags, bag);
            expect(pairsOfField.length).toBeGreaterThan(0);
            for (const [row, weight] of pairsOfField) {
              expect(row >= field.firstRow && row < field.firstRow + field.rowCount).toBe(true);
              expect(Number.isFinite(weight)).toBe(true);
            }
          });
        }
      }),
      { numRuns: 500 },
    );
  });

  it("appends examples, which slice back into what each alone gives", () => {
    const raws = [{ title: "a b c", likes: "x,y" }, {}, { history: "a|b" }];
    const writer = new BagWriter(encoder.candidate.fieldCount);
    for (const raw of raws) encoder.candidate.encode(raw, writer);
    raws.forEach((raw, example) => {
      const alone = encodeSide("candidate", raw);
      const slice = sliceBags(writer.view(), example, 1);
      for (let bag = 0; bag < alone.fieldCount; bag++) expect(pairs(slice, bag)).toEqual(pairs(alone, bag));
    });
  });
});
