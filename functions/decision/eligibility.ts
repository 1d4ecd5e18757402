// Which candidates may be shown in a placement now. Every one that may not has a reason.
import type { Flight, Placement } from "../../shared/schemas/catalog.ts";
import type { DropReason } from "../../shared/schemas/decisions.ts";
import type { Candidate } from "../catalog/catalog-index.ts";

export interface Dropped {
  readonly creativeId: string;
  readonly reason: DropReason;
}

export function separateEligible(
  candidates: readonly Candidate[],
  placement: Placement | null,
  nowMs: number,
): { readonly eligible: Candidate[]; readonly dropped: Dropped[] } {
  const eligible: Candidate[] = [];
  const dropped: Dropped[] = [];
  for (const candidate of candidates) {
    const reason = findDropReason(candidate, placement, nowMs);
    if (reason) dropped.push({ creativeId: candidate.creativeId, reason });
    else eligible.push(candidate);
  }
  return { eligible, dropped };
}

/** The first reason in this order: switched off, wrong size, wrong time. A candidate of the request's own always may. */
export function findDropReason({ supply }: Candidate, placement: Placement | null, nowMs: number): DropReason | null {
  if (!supply) return null;
  const { campaign, creative } = supply;
  if (campaign.status === "paused") return "campaign_paused";
  if (creative.status === "paused") return "creative_paused";
  if (placement && (creative.widthPx !== placement.widthPx || creative.heightPx !== placement.heightPx)) return "size_mismatch";
  return checkSchedule(campaign.flights, nowMs);
}

/** A campaign delivers while any of its flights does; between two flights the next one has not started. */
function checkSchedule(flights: readonly Flight[], nowMs: number): DropReason | null {
  const hasEnded = ({ endMs }: Flight) => endMs !== null && nowMs >= endMs;
  const running = flights.filter((flight) => !hasEnded(flight));
  if (running.length === 0) return "flight_ended";
  return running.some(({ startMs }) => startMs === null || nowMs >= startMs) ? null : "flight_not_started";
}
