// The benchmark's models: the multiply-adds that they are known by, and loops and f64 sums that agree on them.
import { describe, expect, it } from "vitest";
import { writeSafetensors } from "../../../shared/artifact/safetensors.ts";
import { checkAgreement, expectedProbabilities, TOLERANCES } from "./agreement.ts";
import { plain } from "./engines/plain.ts";
import { createHandler } from "./handler.ts";
import { macsOf } from "./macs.ts";
import { randomShape, SHAPE_A } from "./random-shape.ts";

const shape = randomShape(SHAPE_A, 1);

describe("shape A", () => {
  it("needs 139,328 multiply-adds an ad, fewer where the context or the creative is known", () => {
    expect(macsOf(shape, 100, "dense")).toBe(13_932_800);
    expect(macsOf(shape, 100, "context")).toBe(100 * (139_328 - 14 * 16 * 256) + 14 * 16 * 256);
    expect(macsOf(shape, 100, "cached")).toBe(14 * 16 * 256 + 4_102_400);
  });

  it("has one context in all candidates, and the same numbers from the same seed", () => {
    expect(new Set(shape.rows.map((fields) => fields.slice(0, 14).join())).size).toBe(1);
    expect(writeSafetensors(randomShape(SHAPE_A, 1).tensors)).toEqual(writeSafetensors(shape.tensors));
  });
});

describe("agreement", () => {
  const expected = expectedProbabilities(shape);

  it("is reached by plain loops, asked as in workerd", async () => {
    const handler = createHandler({ plain });
    const ask = (path: string, init?: RequestInit) => handler(new Request(`http://worker${path}`, init));
    const { tensors, ...header } = shape;
    await ask("/weights", { method: "PUT", body: writeSafetensors(tensors) });
    await ask("/shape", { method: "PUT", body: JSON.stringify(header) });
    const query = "engine=plain&shape=A&count=3&times=2";
    expect((await ask(`/run?${query}`)).status).toBe(204);
    const found = new Float64Array(await (await ask(`/probabilities?${query}`)).arrayBuffer());
    expect(found).toHaveLength(3);
    expect(checkAgreement("plain", expected, found, TOLERANCES.f32).largestError).toBeLessThan(1e-4);
    expect((await ask("/run?engine=unknown")).status).toBe(500);
  });

  it("is refused to the probabilities of other candidates, and to none", () => {
    const others = expected.probabilities.slice(100, 200);
    expect(() => checkAgreement("other", expected, others, TOLERANCES.int8)).toThrow("something else");
    expect(() => checkAgreement("none", expected, new Float64Array(3).fill(Number.NaN), TOLERANCES.int8)).toThrow(
      "something else",
    );
  });
});
