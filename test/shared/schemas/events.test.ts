// Events of the log: older ones still read, and every outcome has an id of its own.
import { describe, expect, it } from "vitest";
import { parse } from "../../../shared/schemas/coded-error.ts";
import { Event, outcomeEventId } from "../../../shared/schemas/events.ts";

describe("an outcome", () => {
  const click = { type: "click", id: "d-1.top.click", timeMs: 5, decisionId: "d-1", placementId: "top", creativeId: "shoes" };

  it("that was logged before placements had slots is of the first one", () => {
    expect(parse(Event, click)).toEqual({ ...click, slot: 0 });
    expect(parse(Event, { ...click, slot: 3 })).toMatchObject({ slot: 3 });
  });

  it.each([-1, 0.5, "1", null])("is of no slot %j", (slot) => {
    expect(() => parse(Event, { ...click, slot })).toThrow("slot");
  });

  it("has an id of its own for each slot, whatever the placement is called", () => {
    expect(outcomeEventId("d-1", "top", 1, "click")).toBe("d-1.top.1.click");
    expect(outcomeEventId("d-1", "top.1", 0, "click")).not.toBe(outcomeEventId("d-1", "top", 1, "click"));
  });
});
