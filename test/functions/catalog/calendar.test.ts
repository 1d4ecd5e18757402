// What is on the air: found anew exactly when something changes, and the same as if it always were.
import fc from "fast-check";
import { expect, it } from "vitest";
import { compileCalendar } from "../../../functions/catalog/calendar.ts";
import { type Candidate, indexCatalog } from "../../../functions/catalog/catalog-index.ts";
import type { CatalogDocument } from "../../../shared/catalog/catalog.ts";
import { creativeOf, FLIGHT, smallCatalog } from "../../small-catalog.ts";
import { catalogs, instants } from "../decision/random-eligibility.ts";

const calendarOf = (document: CatalogDocument) =>
  compileCalendar(indexCatalog(document).candidates.map(({ supply }: Candidate) => supply!)); // the catalog's own

it("is kept until a flight's edge or a day part's", () => {
  const startMs = Date.parse("2026-11-26T12:00:30Z");
  const dayParts = [{ weekdays: [4], fromMinute: 0, toMinute: 12 * 60 + 2 }];
  const flights = [
    { ...FLIGHT, dayParts },
    { ...FLIGHT, id: "later", startMs },
  ];
  const calendar = calendarOf(smallCatalog({ flights, creatives: [creativeOf("a"), creativeOf("b", { flightId: "later" })] }));
  const at = (seconds: number) => calendar.at(startMs + seconds * 1000);
  const before = at(-29);
  expect(before.dropped).toEqual([{ reason: "flight_not_started", count: 1 }]);
  expect([before.reasonAt(0), before.reasonAt(1)]).toEqual([null, "flight_not_started"]);
  expect(at(-1)).toBe(before);
  const during = at(0);
  expect(during.dropped).toEqual([]);
  expect(at(89)).toBe(during); // another minute, and nothing has changed
  expect(at(90).dropped).toEqual([{ reason: "day_part_closed", count: 1 }]);
  expect(at(-1).dropped).toEqual(before.dropped);
});

it("says the same whatever was asked before", () => {
  fc.assert(
    fc.property(catalogs, fc.array(instants, { minLength: 2, maxLength: 8 }), (document, times) => {
      const calendar = calendarOf(document);
      for (const nowMs of times) {
        const [kept, fresh] = [calendar.at(nowMs), calendarOf(document).at(nowMs)];
        expect([kept.open, kept.dropped]).toEqual([fresh.open, fresh.dropped]);
      }
    }),
    { numRuns: 40 },
  );
});
