// Which candidates may be shown in a placement now. Every one that may not has a reason.
import type { Creative } from "../../shared/catalog/creative.ts";
import type { Flight } from "../../shared/catalog/demand.ts";
import type { DropReason } from "../../shared/catalog/reasons.ts";
import type { Placement } from "../../shared/catalog/supply.ts";
import type { Candidate } from "../catalog/catalog-index.ts";

export function separateEligible(
  candidates: readonly Candidate[],
  placement: Placement | null,
  nowMs: number,
): { readonly eligible: Candidate[]; readonly counts: Map<DropReason, number> } {
  const eligible: Candidate[] = [];
  const counts = new Map<DropReason, number>();
  for (const candidate of candidates) {
    const reason = findDropReason(candidate, placement, nowMs);
    if (reason) counts.set(reason, (counts.get(reason) ?? 0) + 1);
    else eligible.push(candidate);
  }
  return { eligible, counts };
}

/** The first reason in the order of `DROP_REASONS`. A candidate of the request's own always may. */
export function findDropReason({ supply }: Candidate, placement: Placement | null, nowMs: number): DropReason | null {
  if (!supply) return null;
  const { advertiser, campaign, flight, creative } = supply;
  if (advertiser.status === "paused") return "advertiser_paused";
  if (campaign.status === "paused") return "campaign_paused";
  if (flight.status === "paused") return "flight_paused";
  if (creative.status === "paused") return "creative_paused";
  return checkSchedule(flight, nowMs) ?? (placement && checkFit(creative, placement));
}

function checkSchedule({ startMs, endMs }: Flight, nowMs: number): DropReason | null {
  if (startMs !== null && nowMs < startMs) return "flight_not_started";
  return endMs !== null && nowMs >= endMs ? "flight_ended" : null;
}

function checkFit({ content }: Creative, { kinds, sizes }: Placement): DropReason | null {
  if (!kinds.includes(content.kind)) return "kind_mismatch";
  if (content.kind === "native") return null;
  const fits = sizes.some(({ widthPx, heightPx }) => widthPx === content.widthPx && heightPx === content.heightPx);
  return fits ? null : "size_mismatch";
}
