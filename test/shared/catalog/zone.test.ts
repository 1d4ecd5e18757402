// What clocks show, and when days begin, through every oddity that clocks have had.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { dayBounds, minuteOfWeek } from "../../../shared/catalog/zone.ts";

const HOUR_MS = 3_600_000;

describe("a day", () => {
  it.each([
    ["an ordinary one", "Europe/Berlin", "2026-11-26T12:00Z", "2026-11-25T23:00Z", 24],
    ["clocks go forward", "Europe/Berlin", "2026-03-29T12:00Z", "2026-03-28T23:00Z", 23],
    ["clocks go back", "Europe/Berlin", "2026-10-25T00:30Z", "2026-10-24T22:00Z", 25],
    ["the day after", "Europe/Berlin", "2026-10-26T00:30Z", "2026-10-25T23:00Z", 24],
    ["no daylight saving", "Asia/Kolkata", "2026-03-29T18:29Z", "2026-03-28T18:30Z", 24],
    ["and its next day", "Asia/Kolkata", "2026-03-29T18:30Z", "2026-03-29T18:30Z", 24],
    ["half an hour forward", "Australia/Lord_Howe", "2026-10-04T00:00Z", "2026-10-03T13:30Z", 23.5],
    ["half an hour back", "Australia/Lord_Howe", "2026-04-05T00:00Z", "2026-04-04T13:00Z", 24.5],
    ["midnight skipped", "America/Havana", "2026-03-08T12:00Z", "2026-03-08T05:00Z", 23],
    ["midnight skipped, further east", "Asia/Beirut", "2026-03-29T12:00Z", "2026-03-28T22:00Z", 23],
    ["midnight skipped, years ago", "America/Sao_Paulo", "2018-11-04T12:00Z", "2018-11-04T03:00Z", 23],
    ["the hour before midnight twice", "America/Sao_Paulo", "2018-02-18T02:30Z", "2018-02-17T02:00Z", 25],
    ["before a day that never was", "Pacific/Apia", "2011-12-30T09:00Z", "2011-12-29T10:00Z", 24],
    ["after a day that never was", "Pacific/Apia", "2011-12-30T10:00Z", "2011-12-30T10:00Z", 24],
    ["midnight twice", "America/St_Johns", "2010-11-07T12:00Z", "2010-11-07T03:30Z", 24],
    ["UTC", "UTC", "1970-01-01T00:00Z", "1970-01-01T00:00Z", 24],
  ])("%s: %s at %s begins at %s and has %d hours", (_, zone, at, start, hours) => {
    const { startMs, endMs } = dayBounds(zone, Date.parse(at));
    expect([new Date(startMs).toISOString(), (endMs - startMs) / HOUR_MS]).toEqual([new Date(start).toISOString(), hours]);
  });

  const zones = [
    "Europe/Berlin",
    "America/Sao_Paulo",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "America/St_Johns",
    "Pacific/Apia",
  ];
  const instants = fc.integer({ min: 0, max: Date.UTC(2040, 0, 1) });

  it("holds its own instants, and the next begins where it ends", () => {
    fc.assert(
      fc.property(fc.constantFrom(...zones), instants, (zone, nowMs) => {
        const day = dayBounds(zone, nowMs);
        expect(day.startMs).toBeLessThanOrEqual(nowMs);
        expect(day.endMs).toBeGreaterThan(nowMs);
        expect(dayBounds(zone, day.endMs).startMs).toBe(day.endMs);
        expect(dayBounds(zone, day.startMs - 1).endMs).toBe(day.startMs);
      }),
    );
  });

  it("does not depend on what was asked before", () => {
    fc.assert(
      fc.property(fc.constantFrom(...zones), instants, fc.integer({ min: -48, max: 48 }), (zone, nowMs, hours) => {
        const alone = dayBounds(zone, nowMs);
        dayBounds(zone, Math.max(0, nowMs + hours * HOUR_MS));
        expect(dayBounds(zone, nowMs)).toEqual(alone);
      }),
    );
  });
});

describe("the minute of the week", () => {
  it.each([
    ["Europe/Berlin", "2026-11-26T08:00Z", 4, 9, 0],
    ["Europe/Berlin", "2026-03-29T00:59:59Z", 0, 1, 59],
    ["Europe/Berlin", "2026-03-29T01:00Z", 0, 3, 0],
    ["Europe/Berlin", "2026-10-25T00:30Z", 0, 2, 30],
    ["Europe/Berlin", "2026-10-25T01:30Z", 0, 2, 30],
    ["Asia/Kathmandu", "2026-11-28T18:15Z", 0, 0, 0],
    ["America/St_Johns", "2010-11-07T02:30:59Z", 0, 0, 0],
    ["America/St_Johns", "2010-11-07T02:31Z", 6, 23, 1],
    ["Africa/Monrovia", "1971-01-01T00:44:29Z", 4, 23, 59],
    ["Pacific/Kiritimati", "2026-11-28T09:59Z", 6, 23, 59],
  ])("%s at %s: weekday %d, %d:%d", (zone, at, weekday, hour, minute) => {
    expect(minuteOfWeek(zone, Date.parse(at))).toBe(weekday * 1440 + hour * 60 + minute);
  });
});
