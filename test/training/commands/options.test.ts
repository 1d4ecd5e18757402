// What the command line takes for a number and for a policy, and what it refuses.
import { expect, it } from "vitest";
import { POLICY_NAMES, policyFrom, wholeNumber } from "../../../training/commands/options.ts";

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

it.each([
  ["greedy", {}, { name: "greedy" }],
  ["random", {}, { name: "random" }],
  ["thompson", {}, { name: "thompson" }],
  ["epsilon-greedy", {}, { name: "epsilon-greedy", epsilon: 0.1 }],
  ["epsilon-greedy", { epsilon: 0.25 }, { name: "epsilon-greedy", epsilon: 0.25 }],
  ["softmax", {}, { name: "softmax", temperature: 0.1 }],
  ["squarecb", { gamma: 20 }, { name: "squarecb", gamma: 20 }],
  ["greedy", { newcomerShare: 0.2 }, { name: "greedy", newcomers: { share: 0.2, maxAgeDays: 7 } }],
  ["random", { newcomerShare: 0.2, newcomerDays: 3 }, { name: "random", newcomers: { share: 0.2, maxAgeDays: 3 } }],
])("the policy %s with %j is %j", (name, parameters, policy) => {
  expect(policyFrom(name, parameters)).toEqual(policy);
});

it.each([
  ["greedy", { epsilon: 0.1 }, "unrecognized_keys", "policy.epsilon"],
  ["epsilon-greedy", { epsilon: 1 }, "too_big", "policy.epsilon"],
  ["epsilon-greedy", { epsilon: Number.NaN }, "invalid_type", "policy.epsilon"],
  ["epsilon-greedy", { gamma: 3 }, "unrecognized_keys", "policy.gamma"],
  ["softmax", { temperature: 0 }, "too_small", "policy.temperature"],
  ["squarecb", { newcomerDays: 3 }, "invalid_type", "policy.newcomers.share"],
])("the policy %s with %j is refused with %s at %s", (name, parameters, code, path) => {
  expect(() => policyFrom(name, parameters)).toThrow(expect.objectContaining({ code, path }));
});

it("every policy of the catalog can be asked for", () => {
  for (const name of POLICY_NAMES) expect(policyFrom(name, {}).name).toBe(name);
  expect(POLICY_NAMES).toHaveLength(6);
});
