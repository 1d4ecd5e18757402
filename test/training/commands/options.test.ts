// What the command line takes for a number and for a policy, and what it refuses.
import { expect, it } from "vitest";
import { policyFrom, wholeNumber } from "../../../training/commands/options.ts";

it.each(["", " ", "1.5", "-1", "11", "ten", "NaN", "Infinity"])("%j is no whole number from 0 to 10", (text) => {
  expect(() => wholeNumber(0, 10)(text)).toThrow("from 0 to 10");
});

it.each([
  ["0", 0],
  ["10", 10],
  ["1e1", 10],
] as const)("%j is %d", (text, value) => {
  expect(wholeNumber(0, 10)(text)).toBe(value);
});

it("epsilon-greedy has an epsilon without being asked, the others have none", () => {
  expect(policyFrom("epsilon-greedy", undefined)).toEqual({ name: "epsilon-greedy", epsilon: 0.1 });
  expect(policyFrom("epsilon-greedy", 0.25)).toEqual({ name: "epsilon-greedy", epsilon: 0.25 });
  expect(policyFrom("greedy", undefined)).toEqual({ name: "greedy" });
  expect(() => policyFrom("greedy", 0.1)).toThrow(expect.objectContaining({ code: "unrecognized_keys" }));
  expect(() => policyFrom("epsilon-greedy", 1)).toThrow(expect.objectContaining({ code: "too_big", path: "policy.epsilon" }));
  expect(() => policyFrom("epsilon-greedy", Number.NaN)).toThrow(expect.objectContaining({ path: "policy.epsilon" }));
});
