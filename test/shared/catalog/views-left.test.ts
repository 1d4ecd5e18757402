// What caps leave of a key: by its own views, by those that count for every key, and by what other requests hold.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cappedKey, EVERY_KEY, viewsLeft } from "../../../shared/catalog/views-left.ts";

const MINUTE_MS = 60_000;
const NOW = Date.UTC(2026, 2, 29, 12);
const DAY = [{ limit: 3, windowMinutes: 1440 }];

const leftOf = (seenMs: Readonly<Record<string, readonly number[]>>, caps = DAY, heldCount = 0) =>
  viewsLeft(cappedKey("campaign:a", caps), { atMs: NOW, heldCount, seenMs: new Map(Object.entries(seenMs)) });

describe("what is left of a capped key", () => {
  it("is its limit where nothing was seen, whatever was seen of others", () => {
    expect(leftOf({})).toBe(3);
    expect(leftOf({ "campaign:b": [NOW], "creative:a": [NOW] })).toBe(3);
  });

  it("is less for each view in its window, which has ended exactly a window later", () => {
    expect(leftOf({ "campaign:a": [NOW - 1440 * MINUTE_MS, NOW - 1440 * MINUTE_MS + 1, NOW] })).toBe(1);
  });

  it("is less for what may have been of any key, and for what other requests hold", () => {
    expect(leftOf({ "campaign:a": [NOW], [EVERY_KEY]: [NOW] })).toBe(1);
    expect(leftOf({}, DAY, 2)).toBe(1);
    expect(leftOf({ [EVERY_KEY]: [NOW, NOW] }, DAY, 2)).toBe(-1);
  });

  it("is the least that any of its caps leaves", () => {
    const cap = fc.record({ limit: fc.integer({ min: 1, max: 9 }), windowMinutes: fc.integer({ min: 1, max: 60 }) });
    const ages = fc.array(fc.integer({ min: 0, max: 90 }), { maxLength: 9 });
    fc.assert(
      fc.property(fc.array(cap, { minLength: 1, maxLength: 3 }), ages, ages, fc.nat(5), (caps, own, every, heldCount) => {
        const timesOf = (minutes: readonly number[]) => minutes.map((age) => NOW - age * MINUTE_MS);
        const each = caps.map(({ limit, windowMinutes }) => {
          return limit - heldCount - [...own, ...every].filter((age) => age < windowMinutes).length;
        });
        expect(leftOf({ "campaign:a": timesOf(own), [EVERY_KEY]: timesOf(every) }, caps, heldCount)).toBe(Math.min(...each));
      }),
    );
  });
});
