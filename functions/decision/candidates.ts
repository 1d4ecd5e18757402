// Where a placement's candidates come from: the request, which may bring its own, or else the catalog.
import type { Placement } from "../../shared/catalog/supply.ts";
import { CodedError } from "../../shared/schemas/coded-error.ts";
import type { DecisionRequest, InlineCandidate } from "../../shared/schemas/decisions.ts";
import type { Candidate, CatalogIndex } from "../catalog/catalog-index.ts";

export interface Supply {
  readonly placementId: string;
  /** Null where the catalog does not know it: it has then no size and no features of its own. */
  readonly placement: Placement | null;
  /** Creatives that are wanted. */
  readonly slotCount: number;
  /** The least expected value of 1,000 impressions: the placement's, or the request's where that is higher. */
  readonly floorMicros: number;
  readonly candidates: readonly Candidate[];
  /** Whether the candidates are the catalog's own, which are the same objects in every request. */
  readonly fromCatalog: boolean;
}

/**
 * One supply a requested placement. Throws `CodedError`: `placement_unknown` where a catalog is loaded that lacks it and the
 * request brings no candidates, `id_duplicate` where a placement or a candidate is there twice.
 */
export function gatherCandidates({ placements }: DecisionRequest, catalog: CatalogIndex, catalogLoaded: boolean): Supply[] {
  refuseDuplicates(placements, "placements");
  return placements.map(({ id, count, floorMicros = 0, candidates: inline }, index) => {
    const placement = catalog.placements.get(id) ?? null;
    const floor = Math.max(floorMicros, placement?.floorMicros ?? 0);
    const wanted = { placementId: id, placement, slotCount: count, floorMicros: floor };
    if (inline) {
      refuseDuplicates(inline, `placements[${index}].candidates`);
      return { ...wanted, candidates: inline.map(toCandidate), fromCatalog: false };
    }
    if (catalogLoaded && !placement) {
      throw new CodedError(
        "placement_unknown",
        `placements[${index}].id`,
        `no placement "${id}" in the catalog; add it, or send candidates`,
      );
    }
    return { ...wanted, candidates: catalog.candidates, fromCatalog: true };
  });
}

function toCandidate({ id, landingUrl, imageUrl, features }: InlineCandidate): Candidate {
  return { creativeId: id, landingUrl, imageUrl, content: undefined, features: { ...features, creativeId: id }, supply: null };
}

function refuseDuplicates(items: readonly { readonly id: string }[], path: string): void {
  const seen = new Set<string>();
  items.forEach(({ id }, index) => {
    if (seen.has(id)) throw new CodedError("id_duplicate", `${path}[${index}].id`, `"${id}" is there twice; send it once`);
    seen.add(id);
  });
}
