// The wire types of POST /v1/decisions, /v1/predictions/{task} and /v1/assignments.
import * as v from "valibot";
import { Id } from "../catalog/parts.ts";
import { Features } from "./features.ts";
import { list } from "./lists.ts";
import { int, number } from "./numbers.ts";
import { strictObject } from "./objects.ts";
import { WebUrl } from "./web-url.ts";

/** Most placements in one call, and most candidates given for one placement or one prediction. */
export const MAX_PLACEMENTS = 20;
export const MAX_CANDIDATES = 500;

const SubjectId = v.pipe(v.string(), v.minLength(1), v.maxLength(128));

/** A creative that the caller brings along, instead of the catalog's. */
export const InlineCandidate = strictObject({
  id: Id,
  landingUrl: WebUrl,
  imageUrl: v.exactOptional(WebUrl),
  features: Features,
});
export type InlineCandidate = v.InferOutput<typeof InlineCandidate>;

export const DecisionRequest = strictObject({
  subjectId: v.exactOptional(SubjectId),
  features: v.optional(Features, {}),
  placements: list(
    strictObject({ id: Id, candidates: v.exactOptional(list(InlineCandidate, 1, MAX_CANDIDATES)) }),
    1,
    MAX_PLACEMENTS,
  ),
});
export type DecisionRequest = v.InferOutput<typeof DecisionRequest>;

/** Why the model did not choose; the choice was then uniform. */
export const FallbackReason = v.picklist(["no_model", "score_failed"]);
export type FallbackReason = v.InferOutput<typeof FallbackReason>;

/** Why nothing was chosen. `no_catalog`: none was ever loaded, and the request brought no candidates. */
export const NoServeReason = v.picklist(["no_catalog", "no_candidates", "all_candidates_dropped"]);
export type NoServeReason = v.InferOutput<typeof NoServeReason>;

/** The arm that a subject falls into. `bucket` is in 0..9999. */
export const Assignment = strictObject({ experimentId: Id, armId: Id, bucket: int, hashVersion: v.literal(1) });
export type Assignment = v.InferOutput<typeof Assignment>;

export const ChosenCreative = strictObject({
  creativeId: Id,
  imageUrl: v.exactOptional(v.string()),
  clickUrl: v.string(),
  impressionUrl: v.string(),
  probability: v.nullable(number),
});

export const DecisionResponse = strictObject({
  decisionId: v.string(),
  placements: v.array(
    strictObject({
      placementId: Id,
      creative: v.nullable(ChosenCreative),
      fallback: v.nullable(FallbackReason),
      noServe: v.nullable(NoServeReason),
    }),
  ),
  modelVersion: v.nullable(v.string()),
  assignments: v.array(Assignment),
});
export type DecisionResponse = v.InferOutput<typeof DecisionResponse>;

/** One context, many candidates; a task without candidate fields takes none and gives one prediction. */
export const PredictionRequest = strictObject({
  features: v.optional(Features, {}),
  candidates: v.exactOptional(list(strictObject({ id: v.exactOptional(Id), features: Features }), 1, MAX_CANDIDATES)),
});
export type PredictionRequest = v.InferOutput<typeof PredictionRequest>;

/** One prediction a candidate, in order. Where the model could not answer, `fallback` says why and the numbers are null. */
export const PredictionResponse = strictObject({
  task: v.string(),
  modelVersion: v.nullable(v.string()),
  fallback: v.nullable(FallbackReason),
  predictions: v.array(
    strictObject({
      id: v.exactOptional(v.string()),
      logit: v.nullable(number),
      probability: v.nullable(number),
    }),
  ),
});
export type PredictionResponse = v.InferOutput<typeof PredictionResponse>;

export const AssignmentRequest = strictObject({ subjectId: SubjectId });
/** `catalogVersion` is null, and there are no assignments, while no catalog was ever loaded. */
export const AssignmentResponse = strictObject({
  subjectId: v.string(),
  catalogVersion: v.nullable(v.string()),
  assignments: v.array(Assignment),
});
export type AssignmentResponse = v.InferOutput<typeof AssignmentResponse>;
