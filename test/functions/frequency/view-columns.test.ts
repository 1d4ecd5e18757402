// Views as columns come back as they were, through storage and over the wire.
import fc from "fast-check";
import { expect, it } from "vitest";
import { fromColumns, toColumns } from "../../../functions/frequency/view-columns.ts";
import type { KeyViews } from "../../../functions/frequency/views.ts";

it("any views come back from their columns, key by key and in order", () => {
  const times = fc.array(fc.integer({ min: 0, max: 2 ** 45 }), { maxLength: 5 });
  fc.assert(
    fc.property(fc.uniqueArray(fc.tuple(fc.string(), times), { selector: ([key]) => key, maxLength: 20 }), (entries) => {
      const views = new Map(entries.map(([key, seenMs]): [string, KeyViews] => [key, { seenMs, windowMs: 1 }]));
      expect([...fromColumns(structuredClone(toColumns(views)))]).toEqual(entries);
    }),
  );
});
