// Why a placement is left empty.
import type { NoServeReason } from "../../shared/schemas/decisions.ts";

/** Null where there is something to choose from. `catalogLoaded` tells an empty catalog from one that never arrived. */
export function findNoServeReason(eligibleCount: number, candidateCount: number, catalogLoaded: boolean): NoServeReason | null {
  if (eligibleCount > 0) return null;
  if (candidateCount > 0) return "all_candidates_dropped";
  return catalogLoaded ? "no_candidates" : "no_catalog";
}
