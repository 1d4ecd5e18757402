// Which creatives are switched on and on time: the same for all requests until a clock passes a flight's edge or a minute.
import { type Bits, createBits, setBit } from "../../shared/catalog/bitset.ts";
import type { Flight } from "../../shared/catalog/demand.ts";
import { DropReason } from "../../shared/catalog/reasons.ts";
import { minuteOfWeek } from "../../shared/catalog/zone.ts";
import type { CandidateSupply } from "./candidate-supply.ts";

/** How many candidates were dropped for a reason; never 0. */
export interface DropCount {
  readonly reason: DropReason;
  readonly count: number;
}

/** What is on at a moment. `dropped` in the order of `DROP_REASONS`; `reasons` has one for every candidate that is not. Not to be written to: it is kept. */
export interface OnAir {
  readonly open: Bits;
  readonly reasons: readonly (DropReason | null)[];
  readonly dropped: readonly DropCount[];
}

export interface Calendar {
  at(nowMs: number): OnAir;
}

/** @example const { open } = compileCalendar(supplies).at(nowMs); */
export function compileCalendar(supplies: readonly CandidateSupply[]): Calendar {
  const paused = supplies.map(findPaused);
  const zones = [...new Set(supplies.flatMap(({ flight, campaign }) => (flight.dayParts.length > 0 ? [campaign.timeZone] : [])))];
  const zoneIndexes = supplies.map(({ campaign }) => zones.indexOf(campaign.timeZone));
  const edgesMs = supplies.flatMap(({ flight }) => [flight.startMs ?? [], flight.endMs ?? []].flat());
  let kept: (OnAir & { readonly minutes: readonly number[]; readonly fromMs: number; readonly untilMs: number }) | null = null;
  return {
    at(nowMs) {
      const minutes = zones.map((zone) => minuteOfWeek(zone, nowMs));
      if (
        kept &&
        nowMs >= kept.fromMs &&
        nowMs < kept.untilMs &&
        kept.minutes.every((minute, zone) => minute === minutes[zone])
      ) {
        return kept;
      }
      const reasons = supplies.map(
        ({ flight }, index) => paused[index] ?? findOffTime(flight, nowMs, minutes[zoneIndexes[index] ?? -1] ?? 0),
      );
      kept = { ...toOnAir(reasons), minutes, ...spanAround(edgesMs, nowMs) };
      return kept;
    },
  };
}

function findPaused({ advertiser, campaign, flight, creative }: CandidateSupply): DropReason | null {
  if (advertiser.status === "paused") return "advertiser_paused";
  if (campaign.status === "paused") return "campaign_paused";
  if (flight.status === "paused") return "flight_paused";
  return creative.status === "paused" ? "creative_paused" : null;
}

function findOffTime({ startMs, endMs, dayParts }: Flight, nowMs: number, minute: number): DropReason | null {
  if (startMs !== null && nowMs < startMs) return "flight_not_started";
  if (endMs !== null && nowMs >= endMs) return "flight_ended";
  if (dayParts.length === 0) return null;
  const weekday = Math.floor(minute / 1440);
  const ofDay = minute % 1440;
  const isOpen = dayParts.some((part) => part.weekdays.includes(weekday) && ofDay >= part.fromMinute && ofDay < part.toMinute);
  return isOpen ? null : "day_part_closed";
}

function toOnAir(reasons: readonly (DropReason | null)[]): OnAir {
  const open = createBits(reasons.length);
  const counts = new Map<DropReason, number>();
  reasons.forEach((reason, index) => {
    if (reason === null) setBit(open, index);
    else counts.set(reason, (counts.get(reason) ?? 0) + 1);
  });
  const dropped = DropReason.options
    .map((reason) => ({ reason, count: counts.get(reason) ?? 0 }))
    .filter(({ count }) => count > 0);
  return { open, reasons, dropped };
}

/** The time around a moment in which no flight starts or ends. */
function spanAround(edgesMs: readonly number[], nowMs: number): { fromMs: number; untilMs: number } {
  let [fromMs, untilMs] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  for (const edgeMs of edgesMs) {
    if (edgeMs <= nowMs) fromMs = Math.max(fromMs, edgeMs);
    else untilMs = Math.min(untilMs, edgeMs);
  }
  return { fromMs, untilMs };
}
