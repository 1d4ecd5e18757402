// Draws that a seed gives are the same everywhere.
import { expect, it } from "vitest";
import { seedAt, uniformFrom } from "../../../functions/decision/seeds.ts";
import vectors from "../../vectors/decision-seeds.json" with { type: "json" };

it.each(vectors)("a seed's draw is the same everywhere: $name", ({ input, expected }) => {
  const state = seedAt(input.seed, input.index);
  expect({ state, uniform: uniformFrom(state) }).toEqual(expected);
});
