// What the queue's messages say of the decisions behind them.
import { describe, expect, it } from "vitest";
import { summarize } from "./cases.ts";

const record = (...scored: number[]) =>
  JSON.stringify({
    placements: scored.map((count) => ({ tiers: [{ creativeIds: Array.from({ length: count }, (_, index) => `c${index}`) }] })),
  });

describe("the records of a case", () => {
  it("have so many candidates scored, in all placements together", () => {
    expect(summarize([record(3, 4), record(1)]).scored).toBe(4);
  });

  it("are counted each where they share a message", () => {
    const shared = summarize([`${record(2)}\n${record(4)}`, record(3)]);
    expect(shared.scored).toBe(3);
    expect(shared.recordsPerMessage).toBe(1.5);
  });

  it("have a size in bytes, the line breaks between them left out", () => {
    const line = record(2);
    expect(summarize([`${line}\n${line}`]).recordBytes).toBe(line.length);
  });
});
