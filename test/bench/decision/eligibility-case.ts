// A catalog with requests for it: what the filtering of candidates is timed on.
import type { AudienceFacts } from "../../../shared/catalog/audience.ts";
import type { Catalog } from "../../../shared/catalog/catalog.ts";
import type { Subject } from "../scorer/shape.ts";

export interface EligibilityCase extends Subject {
  readonly catalog: Catalog;
  readonly requests: readonly AudienceFacts[];
  readonly placementIds: readonly string[];
  readonly nowMs: number;
}
