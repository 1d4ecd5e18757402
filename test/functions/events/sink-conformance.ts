// What every event sink must do, held against each of them.
import { describe, expect, it } from "vitest";
import type { EventSink } from "../../../functions/events/sink.ts";
import type { Event } from "../../../shared/schemas/events.ts";
import { conversion, decision } from "./example-events.ts";

export interface SinkUnderTest {
  readonly sink: EventSink;
  /** Everything that was accepted so far. */
  readonly accepted: () => readonly Event[];
  /** From now on nothing can be accepted. */
  readonly breakDown: () => void;
}

export function describeEventSink(name: string, create: () => SinkUnderTest): void {
  describe(`${name} is an event sink`, () => {
    it("accepts nothing at all", async () => {
      const { sink, accepted } = create();
      await sink.write([]);
      expect(accepted()).toEqual([]);
    });

    it("accepts events in order, as they are", async () => {
      const { sink, accepted } = create();
      const events = [decision(3, 10), conversion(1), conversion(2)];
      await sink.write(events);
      expect(accepted()).toEqual(events);
    });

    it("accepts a thousand at once", async () => {
      const { sink, accepted } = create();
      await sink.write(Array.from({ length: 1000 }, (_, index) => conversion(index)));
      expect(new Set(accepted().map(({ id }) => id)).size).toBe(1000);
    });

    it("accepts an event of 2 MB, whatever it must leave out of it", async () => {
      const { sink, accepted } = create();
      await sink.write([decision(500, 4000)]);
      expect(accepted()).toMatchObject([
        { id: "d-1.decision", placements: [{ slots: [{ creativeId: "creative-0", propensity: 1 / 500 }] }] },
      ]);
    });

    it("throws when it cannot accept", async () => {
      const { sink, breakDown } = create();
      breakDown();
      await expect(sink.write([conversion(1)])).rejects.toThrow();
    });
  });
}
