// When a Worker counts as warm.
import { describe, expect, it } from "vitest";
import { isSteady } from "./warm-up.ts";

describe("a throughput", () => {
  it.each([
    ["that was never measured", []],
    ["that was measured once", [100]],
    ["that grows", [100, 120, 140, 160]],
    ["that grew two slices ago", [100, 100, 120, 119, 118]],
    ["that fell, and then grew", [100, 80, 90, 104]],
  ])("%s is not steady", (_, rates) => {
    expect(isSteady(rates)).toBe(false);
  });

  it.each([
    ["that grew, and then stays", [100, 150, 150, 151, 150]],
    ["that falls", [100, 90, 80, 70]],
    ["that was steady from the start", [100, 101, 102, 101]],
  ])("%s is steady", (_, rates) => {
    expect(isSteady(rates)).toBe(true);
  });
});
