// What an account knows of its traffic: when in the day it comes, how fast it comes now, and what an opportunity is worth.

/** A day of the campaign's own time zone: 23, 24 or 25 hours. */
export interface Day {
  readonly startMs: number;
  readonly endMs: number;
}

/** Fine enough that traffic hardly bends within a slot, coarse enough that a day's counts are a few hundred bytes. */
const SLOT_MS = 1_800_000;
const DAY_SLOTS = 48;

/** A shape follows about the last week. */
const MEMORY_DAYS = 7;

/** No slot is believed to be emptier than this share of an average one: the plan always moves. */
const LEAST_SLOT = 0.02;

/** How far back the present rate looks. */
const RATE_MS = 600_000;
const LEAST_OBSERVED_MS = 10_000;

/** Passes that the first guess of an opportunity's yield weighs as much as, and those that are remembered. */
const PRIOR_PASSES = 10;
const MEMORY_PASSES = 1000;

export interface Traffic {
  /** Opportunities of today by slot, from the day's start. */
  today: number[];
  /** Mean opportunities by slot of a day of 24 hours; null before a day is known. */
  mean: number[] | null;
  days: number;
  /** Opportunities of the last `RATE_MS`, older ones fading, as of `recentMs`; first seen at `sinceMs`. */
  recent: number;
  recentMs: number;
  sinceMs: number;
  /** What was spent, and by how many opportunities that pacing let pass. */
  yieldSpent: number;
  yieldPasses: number;
}

export function startTraffic(day: Day, unit: number, nowMs: number): Traffic {
  return {
    today: emptySlots(day),
    mean: null,
    days: 0,
    recent: 0,
    recentMs: nowMs,
    sinceMs: nowMs,
    yieldSpent: PRIOR_PASSES * unit,
    yieldPasses: PRIOR_PASSES,
  };
}

const slotCount = ({ startMs, endMs }: Day) => Math.ceil((endMs - startMs) / SLOT_MS);
const emptySlots = (day: Day): number[] => new Array<number>(slotCount(day)).fill(0);

/** Counts `opportunities` of now, of which the share `passRate` passed, and what they came to. */
export function observe(
  traffic: Traffic,
  day: Day,
  { opportunities, spent, passRate }: { readonly opportunities: number; readonly spent: number; readonly passRate: number },
  nowMs: number,
): void {
  const slot = Math.min(Math.floor((nowMs - day.startMs) / SLOT_MS), traffic.today.length - 1);
  traffic.today[slot] = (traffic.today[slot] ?? 0) + opportunities;
  traffic.recent = traffic.recent * Math.exp((traffic.recentMs - nowMs) / RATE_MS) + opportunities;
  traffic.recentMs = nowMs;
  traffic.yieldSpent += spent;
  traffic.yieldPasses += opportunities * passRate;
  if (traffic.yieldPasses <= MEMORY_PASSES) return;
  traffic.yieldSpent *= MEMORY_PASSES / traffic.yieldPasses;
  traffic.yieldPasses = MEMORY_PASSES;
}

/** Opportunities a millisecond, now. */
export function ratePerMs({ recent, recentMs, sinceMs }: Traffic, nowMs: number): number {
  const observedMs = Math.max(nowMs - sinceMs, LEAST_OBSERVED_MS);
  return (recent * Math.exp((recentMs - nowMs) / RATE_MS)) / (RATE_MS * (1 - Math.exp(-observedMs / RATE_MS)));
}

/** What an opportunity that passes is expected to spend: most lose an auction. */
export const yieldOf = ({ yieldSpent, yieldPasses }: Traffic): number => yieldSpent / yieldPasses;

/** At the end of a day: its counts go into the mean, and the next day's are empty. What came before `fromMs` is unknown. */
export function learnDay(traffic: Traffic, day: Day, fromMs: number, next: Day): void {
  const counts = completeDay(traffic.today, day, fromMs);
  traffic.today = emptySlots(next);
  if (!counts) return;
  traffic.days = Math.min(traffic.days + 1, MEMORY_DAYS);
  traffic.mean = counts.map((count, slot) => {
    const mean = traffic.mean?.[slot] ?? count;
    return Math.round((mean + (count - mean) / traffic.days) * 1000) / 1000;
  });
}

/**
 * The counts of a day as those of one of 24 hours. Slots are matched from the day's end: clocks are changed early in the morning, and
 * all hours after that are the hours they are named. What was not seen is taken to be average; null where nothing was seen.
 */
function completeDay(today: readonly number[], day: Day, fromMs: number): number[] | null {
  const firstSlot = Math.ceil((fromMs - day.startMs) / SLOT_MS - 0.5);
  const seen = today.slice(firstSlot);
  const sum = seen.reduce((total, count) => total + count, 0);
  if (sum === 0) return null;
  const known = today.map((count, slot) => (slot < firstSlot ? sum / seen.length : count));
  const extra = Math.max(known.length - DAY_SLOTS, 0);
  const first = known.slice(0, extra + 1).reduce((total, count) => total + count, 0) / (extra + 1);
  const padded = [...new Array<number>(Math.max(DAY_SLOTS - known.length, 0)).fill(first), first, ...known.slice(extra + 1)];
  return padded;
}

/** The share of a day's traffic that comes before `timeMs`: flat where no day is known yet. */
export function shareBefore({ mean }: Pick<Traffic, "mean">, day: Day, timeMs: number): number {
  const slots = slotCount(day);
  const least = mean ? (LEAST_SLOT * mean.reduce((sum, count) => sum + count, 0)) / DAY_SLOTS : 0;
  let before = 0;
  let sum = 0;
  for (let slot = 0; slot < slots; slot++) {
    const startMs = day.startMs + slot * SLOT_MS;
    const lengthMs = Math.min(SLOT_MS, day.endMs - startMs);
    const count = mean ? Math.max(mean[Math.max(slot + DAY_SLOTS - slots, 0)] ?? 0, least) : 1;
    sum += count * lengthMs;
    before += count * Math.min(Math.max(timeMs - startMs, 0), lengthMs);
  }
  return before / sum;
}
