// The wire types of POST /v1/decisions, and the arms of a subject.
import * as v from "valibot";
import { Id, Micros } from "../catalog/parts.ts";
import { Assignment, PaidPrice } from "./assignment.ts";
import { Explanation } from "./explanation.ts";
import { Features } from "./features.ts";
import { list } from "./lists.ts";
import { int, number } from "./numbers.ts";
import { record, strictObject } from "./objects.ts";
import { text } from "./texts.ts";
import { WebUrl } from "./web-url.ts";

/** Most placements in one call, most creatives for one of them, and most candidates given for one placement or one prediction. */
export const MAX_PLACEMENTS = 20;
export const MAX_SLOTS = 20;
export const MAX_CANDIDATES = 500;

export const SubjectId = text(1, 128);
const word = text(1, 256);

/** A creative that the caller brings along, instead of the catalog's. */
export const InlineCandidate = strictObject({
  id: Id,
  landingUrl: WebUrl,
  imageUrl: v.exactOptional(WebUrl),
  features: Features,
});
export type InlineCandidate = v.InferOutput<typeof InlineCandidate>;

/** `count` creatives are wanted, in ranks; a placement's own floor is raised, never lowered, by `floorMicros`. */
export const RequestedPlacement = strictObject({
  id: Id,
  count: v.optional(v.pipe(int, v.minValue(1), v.maxValue(MAX_SLOTS)), 1),
  floorMicros: v.exactOptional(Micros),
  candidates: v.exactOptional(list(InlineCandidate, 1, MAX_CANDIDATES)),
});
export type RequestedPlacement = v.InferOutput<typeof RequestedPlacement>;

/**
 * `subjectId` is the site's own, of a subject who has agreed to it: it is never derived. `consents` are purposes agreed to. `geo`, `device`
 * and `language` go before what the connection tells. Within `timeoutMs` catalog, counters and budgets must have answered, or the decision
 * is made without them.
 *
 * @example { "subjectId": "s-1", "features": { "segment": "sport" }, "url": "https://news.example/a", "placements": [{ "id": "top" }] }
 */
export const DecisionRequest = strictObject({
  subjectId: v.exactOptional(SubjectId),
  consents: v.exactOptional(list(Id, 0, 50)),
  features: v.optional(Features, {}),
  url: v.exactOptional(WebUrl),
  keywords: v.exactOptional(list(word, 0, 100)),
  segments: v.exactOptional(list(word, 0, 200)),
  categories: v.exactOptional(list(word, 0, 50)),
  keyValues: v.exactOptional(record(Id, list(word, 0, 50))),
  language: v.exactOptional(word),
  geo: v.exactOptional(
    strictObject({ country: v.exactOptional(word), region: v.exactOptional(word), city: v.exactOptional(word) }),
  ),
  device: v.exactOptional(
    strictObject({ type: v.exactOptional(word), os: v.exactOptional(word), browser: v.exactOptional(word) }),
  ),
  placements: list(RequestedPlacement, 1, MAX_PLACEMENTS),
  timeoutMs: v.exactOptional(v.pipe(int, v.minValue(1), v.maxValue(1000))),
});
export type DecisionRequest = v.InferOutput<typeof DecisionRequest>;

/** Why the model did not choose; the choice was then uniform. `no_posterior`: it has no draws to sample from, and was taken at its word. */
export const FallbackReason = v.picklist(["no_model", "score_failed", "no_posterior"]);
export type FallbackReason = v.InferOutput<typeof FallbackReason>;

/**
 * Why a placement is left empty, wholly or from some slot on. `no_catalog`: none was ever loaded, and the request brought no candidates.
 * `internal`: the fault is ours, and reported.
 */
export const NoServeReason = v.picklist(["no_catalog", "no_candidates", "all_candidates_dropped", "internal"]);
export type NoServeReason = v.InferOutput<typeof NoServeReason>;

/** `html` belongs into an `<iframe sandbox srcdoc>`. `probability` is that of a click. */
export const ChosenCreative = strictObject({
  creativeId: Id,
  kind: v.picklist(["image", "native", "html"]),
  widthPx: v.exactOptional(int),
  heightPx: v.exactOptional(int),
  imageUrl: v.exactOptional(v.string()),
  alt: v.exactOptional(v.string()),
  title: v.exactOptional(v.string()),
  sponsoredBy: v.exactOptional(v.string()),
  body: v.exactOptional(v.string()),
  callToAction: v.exactOptional(v.string()),
  iconUrl: v.exactOptional(v.string()),
  html: v.exactOptional(v.string()),
  clickUrl: v.string(),
  impressionUrl: v.string(),
  probability: v.nullable(number),
  price: v.nullable(PaidPrice),
});
export type ChosenCreative = v.InferOutput<typeof ChosenCreative>;

/** `creatives` has up to `count`, the first rank first; `noServe` says why it has fewer; `explanation` is there where it was asked for. */
export const DecisionResponse = strictObject({
  decisionId: v.string(),
  placements: v.array(
    strictObject({
      placementId: Id,
      creatives: v.array(ChosenCreative),
      fallback: v.nullable(FallbackReason),
      noServe: v.nullable(NoServeReason),
      explanation: v.exactOptional(Explanation),
    }),
  ),
  modelVersion: v.nullable(v.string()),
  assignments: v.array(Assignment),
});
export type DecisionResponse = v.InferOutput<typeof DecisionResponse>;

export const AssignmentRequest = strictObject({ subjectId: SubjectId });
/** `catalogVersion` is null, and there are no assignments, while no catalog was ever loaded. */
export const AssignmentResponse = strictObject({
  subjectId: v.string(),
  catalogVersion: v.nullable(v.string()),
  assignments: v.array(Assignment),
});
export type AssignmentResponse = v.InferOutput<typeof AssignmentResponse>;
