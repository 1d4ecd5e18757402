// What a time zone's clocks show at an instant, and when its days begin. The rules are the runtime's own (IANA), daylight saving included.

const MINUTE_MS = 60_000;
const QUARTER_MS = 15 * MINUTE_MS;
const DAY_MS = 86_400_000;

/** No clock is further from UTC than this. */
const FURTHEST_MS = 16 * 3_600_000;

export interface DayBounds {
  readonly startMs: number;
  readonly endMs: number;
}

/**
 * The weekday and the time of day that the zone's clocks show, in minutes since Sunday 00:00: 0..10,079.
 *
 * @example minuteOfWeek("Europe/Berlin", Date.UTC(2026, 10, 26, 8)); // Thursday, 9:00: 4 * 1440 + 540
 */
export function minuteOfWeek(timeZone: string, nowMs: number): number {
  const sinceThursday = Math.floor((nowMs + zoneOf(timeZone).offsetMs(nowMs)) / MINUTE_MS); // 1970 began on one
  return (((sinceThursday + 4 * 1440) % 10_080) + 10_080) % 10_080;
}

/**
 * The zone's calendar day around an instant: from the first moment that its clocks show the date (where they skip midnight, that is
 * later than 00:00) to the first moment of the next. It has 23 or 25 hours where clocks change, and always 24 elsewhere.
 *
 * Days never overlap and leave no gap: of two midnights, where clocks go back over one, it is always the same that counts.
 *
 * @example dayBounds("Europe/Berlin", Date.UTC(2026, 2, 29, 12)); // 23 hours from 2026-03-28T23:00Z
 */
export function dayBounds(timeZone: string, nowMs: number): DayBounds {
  return zoneOf(timeZone).dayBounds(nowMs);
}

interface Zone {
  offsetMs(nowMs: number): number;
  dayBounds(nowMs: number): DayBounds;
}

const zones = new Map<string, Zone>();

/** Formatters cost as much as a thousand answers of theirs, so each zone has one for good. There are some hundred zones. */
function zoneOf(timeZone: string): Zone {
  let zone = zones.get(timeZone);
  if (!zone) zones.set(timeZone, (zone = createZone(timeZone)));
  return zone;
}

function createZone(timeZone: string): Zone {
  const offsetMs = rememberQuarters(offsetReader(timeZone));
  let day: DayBounds = { startMs: 0, endMs: 0 };
  return {
    offsetMs,
    dayBounds(nowMs) {
      if (nowMs < day.startMs || nowMs >= day.endMs) day = findDay(offsetMs, nowMs);
      return day;
    },
  };
}

type Offset = (nowMs: number) => number;

/** How far the zone's clocks are ahead of UTC, asked of the formatter: it tells what they show, to the second. */
function offsetReader(timeZone: string): Offset {
  const fields = {
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  } as const;
  const formatter = new Intl.DateTimeFormat("en-US", {
    timeZone,
    calendar: "gregory",
    numberingSystem: "latn",
    hourCycle: "h23",
    ...fields,
  });
  return (nowMs) => {
    const shown = new Map(formatter.formatToParts(nowMs).map(({ type, value }) => [type, Number(value)]));
    const part = (type: Intl.DateTimeFormatPartTypes) => shown.get(type) ?? 0;
    const shownMs = Date.UTC(part("year"), part("month") - 1, part("day"), part("hour"), part("minute"), part("second"));
    return shownMs - Math.floor(nowMs / 1000) * 1000;
  };
}

/** Clocks change at most once in a quarter of an hour, and hardly ever inside one: those that they do not change in are remembered. */
function rememberQuarters(read: Offset): Offset {
  let quarter = Number.NaN;
  let known = 0;
  return (nowMs) => {
    const asked = Math.floor(nowMs / QUARTER_MS);
    if (asked === quarter) return known;
    const offset = read(asked * QUARTER_MS);
    if (read((asked + 1) * QUARTER_MS - 1) !== offset) return read(nowMs);
    quarter = asked;
    known = offset;
    return offset;
  };
}

/** Starts depend on the day alone, so that days meet each other exactly, whatever the clocks show in between. */
function findDay(offsetMs: Offset, nowMs: number): DayBounds {
  let day = Math.floor((nowMs + offsetMs(nowMs)) / DAY_MS);
  let endMs = startOf(offsetMs, day + 1);
  while (endMs <= nowMs) endMs = startOf(offsetMs, ++day + 1);
  let startMs = startOf(offsetMs, day);
  while (startMs > nowMs) [startMs, endMs] = [startOf(offsetMs, --day), startMs];
  return { startMs, endMs };
}

/** When the clocks first show a day, counted from 1970: by bisection, to the millisecond. */
function startOf(offsetMs: Offset, day: number): number {
  const midnightMs = day * DAY_MS;
  let beforeMs = midnightMs - FURTHEST_MS;
  let fromMs = midnightMs + FURTHEST_MS;
  while (fromMs - beforeMs > 1) {
    const middleMs = beforeMs + Math.floor((fromMs - beforeMs) / 2);
    if (middleMs + offsetMs(middleMs) >= midnightMs) fromMs = middleMs;
    else beforeMs = middleMs;
  }
  return fromMs;
}
