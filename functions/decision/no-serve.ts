// Why slots of a placement are left empty.
import type { NoServeReason } from "../../shared/schemas/decisions.ts";

/** `catalogLoaded` tells an empty catalog from one that never arrived. */
export function findNoServeReason(candidateCount: number, catalogLoaded: boolean): NoServeReason {
  if (candidateCount > 0) return "all_candidates_dropped";
  return catalogLoaded ? "no_candidates" : "no_catalog";
}
