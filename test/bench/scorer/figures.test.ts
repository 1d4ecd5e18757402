// Medians, ratios and shares of the scorer benchmark, from made-up times.
import { describe, expect, it } from "vitest";
import { ceilingShares, type EngineFacts, figuresOf } from "./figures.ts";

const engine = (name: string, side: "ours" | "peer"): EngineFacts => ({ name, label: name, side, precision: "int8" });
const engines = [
  engine("oursDense", "ours"),
  engine("oursCached", "ours"),
  engine("ortInt8Dynamic", "peer"),
  engine("ortInt8Static", "peer"),
];
const cpu = (...us: number[]) => ({ wall: us.map((one) => one * 3), cpu: us });
const cell = {
  name: "A100",
  times: new Map([
    ["oursDense", cpu(20, 10, 30)],
    ["oursCached", cpu(5, 5, 5)],
    ["ortInt8Dynamic", cpu(60, 60, 60)],
    ["ortInt8Static", cpu(40, 50, 45)],
    ["ceiling", cpu(100, 100, 100)],
  ]),
  macs: { oursDense: 40_000, oursCached: 8000, ceiling: 1_000_000 },
};

describe("figuresOf", () => {
  const figures = figuresOf(cell, engines);

  it("takes medians of CPU time, and tells the wall clock's beside", () => {
    expect(figures.us.oursDense).toBe(20);
    expect(figures.wallUs.oursDense).toBe(60);
    expect(figures.leastUs.oursDense).toBe(10);
  });

  it("takes the faster of onnxruntime's two int8 ways", () => {
    expect(figures.us.ortInt8).toBe(45);
  });

  it("divides peers' times by our best, and by ours without reuse", () => {
    expect(figures.ratios).toEqual({ ortInt8Dynamic: 12, ortInt8Static: 9, ortInt8: 9 });
    expect(figures.dense.ortInt8).toBe(2.25);
  });

  it("falls back to the wall clock where CPU time is not told", () => {
    const times = new Map([["oursDense", { wall: [7, 8, 9], cpu: null }]]);
    expect(figuresOf({ ...cell, times }, engines).us.oursDense).toBe(8);
  });

  it("divides needed multiply-adds by time, and that by the ceiling's", () => {
    expect(figures.gmacs.oursDense).toBe(2);
    expect(ceilingShares(figures, engines, ["ceiling", "unmeasured"])).toEqual({ ceiling: { oursDense: 0.2, oursCached: 0.16 } });
  });
});
