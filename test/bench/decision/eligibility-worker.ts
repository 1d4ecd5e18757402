// The Worker that eligibility is timed in: a run is one request, each time the next one.
import { type CatalogIndex, indexCatalog } from "../../../functions/catalog/catalog-index.ts";
import { screen } from "../../../functions/decision/eligibility.ts";
import { type Audience, audienceOf } from "../../../shared/catalog/audience.ts";
import type { Engine } from "../scorer/engines/engine.ts";
import { createHandler } from "../scorer/handler.ts";
import type { EligibilityCase } from "./eligibility-case.ts";

/** What a run gives; for /probabilities it is how many candidates are left in each placement. */
type Filter = (index: CatalogIndex, audience: Audience, nowMs: number) => number[];

const indexes = new Map<string, CatalogIndex>();

/** One for all engines: a heap with several would be collected for longer. */
function indexOf({ name, catalog }: EligibilityCase): CatalogIndex {
  const index = indexes.get(name) ?? indexCatalog(catalog);
  indexes.set(name, index);
  return index;
}

function engineOf(filter: (one: EligibilityCase) => Filter): Engine<EligibilityCase> {
  return {
    prepare(one) {
      const index = indexOf(one);
      const run = filter(one);
      let next = 0;
      return {
        run() {
          const request = one.requests[next++ % one.requests.length] ?? {};
          return Float64Array.from(run(index, audienceOf(request), one.nowMs + next * 10));
        },
      };
    },
  };
}

const engines = {
  audience: engineOf(() => (_, audience) => [audience.domains.length]),
  eligibility: engineOf(({ placementIds }) => (index, audience, nowMs) => {
    const placements = placementIds.map((id) => index.placements.get(id) ?? null);
    return screen(index, audience, placements, nowMs, { explain: false }).map(({ eligible }) => eligible.length);
  }),
};

export default { fetch: createHandler<EligibilityCase>(engines) };
