// Which creatives are switched on and on time: the same for all requests until a flight starts or ends, or a day part opens or closes.
import { type Bits, createBits, setBit } from "../../shared/catalog/bitset.ts";
import type { DropReason } from "../../shared/catalog/reasons.ts";
import type { DayPart } from "../../shared/catalog/targeting.ts";
import { minuteOfWeek } from "../../shared/catalog/zone.ts";
import type { CandidateSupply } from "./candidate-supply.ts";

/** How many candidates were dropped for a reason; never 0. */
export interface DropCount {
  readonly reason: DropReason;
  readonly count: number;
}

/** What is on at a moment, by candidates' places in the catalog's index. It is kept: not to be written to. */
export interface OnAir {
  readonly open: Bits;
  readonly dropped: readonly DropCount[];
  /** Why a candidate is not on; null where it is. */
  reasonAt(index: number): DropReason | null;
}

export interface Calendar {
  at(nowMs: number): OnAir;
}

/** In their order; where a candidate's number is 0, it is on, else its reason is the one before. */
const REASONS = [
  "advertiser_paused",
  "campaign_paused",
  "flight_paused",
  "creative_paused",
  "flight_not_started",
  "flight_ended",
  "day_part_closed",
] as const satisfies readonly DropReason[];
const numberOf = (reason: (typeof REASONS)[number]): number => REASONS.indexOf(reason) + 1;
const [NOT_STARTED, ENDED, CLOSED] = [numberOf("flight_not_started"), numberOf("flight_ended"), numberOf("day_part_closed")];

/** The candidates' times, laid out so that all of them are gone through in microseconds. */
interface Times {
  readonly paused: Uint8Array;
  readonly startsMs: Float64Array;
  readonly endsMs: Float64Array;
  readonly schedules: readonly Schedule[];
  /** -1: open all day. */
  readonly scheduleOf: Int32Array;
}

/** Day parts on a zone's clocks; flights share them. */
interface Schedule {
  readonly timeZone: string;
  readonly dayParts: readonly DayPart[];
}

interface Kept {
  readonly onAir: OnAir;
  readonly minutes: readonly number[];
  readonly isOpen: readonly boolean[];
  readonly fromMs: number;
  readonly untilMs: number;
}

/** @example const { open } = compileCalendar(supplies).at(nowMs); */
export function compileCalendar(supplies: readonly CandidateSupply[]): Calendar {
  const times = layOut(supplies);
  const zones = [...new Set(times.schedules.map(({ timeZone }) => timeZone))];
  let kept: Kept | null = null;
  return {
    at(nowMs) {
      const minutes = zones.map((zone) => minuteOfWeek(zone, nowMs));
      const isInSpan = kept !== null && nowMs >= kept.fromMs && nowMs < kept.untilMs;
      if (kept && isInSpan && equal(minutes, kept.minutes)) return kept.onAir;
      const isOpen = times.schedules.map(({ timeZone, dayParts }) => covers(dayParts, minutes[zones.indexOf(timeZone)] ?? 0));
      if (kept && isInSpan && equal(isOpen, kept.isOpen)) kept = { ...kept, minutes };
      else kept = { onAir: findOnAir(times, isOpen, nowMs), minutes, isOpen, ...spanAround(times, nowMs) };
      return kept.onAir;
    },
  };
}

function layOut(supplies: readonly CandidateSupply[]): Times {
  const schedules = new Map<string, Schedule>();
  for (const { campaign, flight } of supplies) {
    if (flight.dayParts.length > 0)
      schedules.set(scheduleKey({ campaign, flight }), { timeZone: campaign.timeZone, dayParts: flight.dayParts });
  }
  const keys = [...schedules.keys()];
  const places = new Map(keys.map((key, place) => [key, place]));
  return {
    paused: Uint8Array.from(supplies, findPaused),
    startsMs: Float64Array.from(supplies, ({ flight }) => flight.startMs ?? Number.NEGATIVE_INFINITY),
    endsMs: Float64Array.from(supplies, ({ flight }) => flight.endMs ?? Number.POSITIVE_INFINITY),
    schedules: [...schedules.values()],
    scheduleOf: Int32Array.from(supplies, (supply) => places.get(scheduleKey(supply)) ?? -1),
  };
}

const scheduleKey = ({ campaign, flight }: Pick<CandidateSupply, "campaign" | "flight">): string =>
  `${campaign.timeZone} ${JSON.stringify(flight.dayParts)}`;

function findPaused({ advertiser, campaign, flight, creative }: CandidateSupply): number {
  if (advertiser.status === "paused") return numberOf("advertiser_paused");
  if (campaign.status === "paused") return numberOf("campaign_paused");
  if (flight.status === "paused") return numberOf("flight_paused");
  return creative.status === "paused" ? numberOf("creative_paused") : 0;
}

function covers(dayParts: readonly DayPart[], minute: number): boolean {
  const weekday = Math.floor(minute / 1440);
  const ofDay = minute % 1440;
  return dayParts.some((part) => part.weekdays.includes(weekday) && ofDay >= part.fromMinute && ofDay < part.toMinute);
}

function findOnAir({ paused, startsMs, endsMs, scheduleOf }: Times, isOpen: readonly boolean[], nowMs: number): OnAir {
  const numbers = Uint8Array.from(paused);
  const counts = new Array<number>(REASONS.length + 1).fill(0);
  const open = createBits(numbers.length);
  for (let index = 0; index < numbers.length; index++) {
    const schedule = scheduleOf[index]!; // all have one entry a candidate
    if (numbers[index] !== 0) {
      // paused, whatever the time
    } else if (nowMs < startsMs[index]!) numbers[index] = NOT_STARTED;
    else if (nowMs >= endsMs[index]!) numbers[index] = ENDED;
    else if (schedule !== -1 && !isOpen[schedule]) numbers[index] = CLOSED;
    else setBit(open, index);
    counts[numbers[index]!]! += 1;
  }
  const dropped = REASONS.map((reason, place) => ({ reason, count: counts[place + 1] ?? 0 })).filter(({ count }) => count > 0);
  return { open, dropped, reasonAt: (index) => REASONS[(numbers[index] ?? 0) - 1] ?? null };
}

/** The time around a moment in which no flight starts or ends. */
function spanAround({ startsMs, endsMs }: Times, nowMs: number): { fromMs: number; untilMs: number } {
  let [fromMs, untilMs] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  for (const edgesMs of [startsMs, endsMs]) {
    for (let index = 0; index < edgesMs.length; index++) {
      const edgeMs = edgesMs[index]!;
      if (edgeMs > nowMs) untilMs = Math.min(untilMs, edgeMs);
      else fromMs = Math.max(fromMs, edgeMs);
    }
  }
  return { fromMs, untilMs };
}

const equal = <T>(some: readonly T[], others: readonly T[]): boolean => some.every((one, index) => one === others[index]);
