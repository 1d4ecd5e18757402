// The wire types of POST /v1/decisions, /v1/predictions/{task} and /v1/assignments.
import * as z from "zod/mini";
import { Id } from "./catalog.ts";
import { Features } from "./features.ts";

/** Most placements in one call, and most candidates given for one placement or one prediction. */
export const MAX_PLACEMENTS = 20;
export const MAX_CANDIDATES = 500;

const SubjectId = z.string().check(z.minLength(1), z.maxLength(128));

/** A creative that the caller brings along, instead of the catalog's. */
export const InlineCandidate = z.strictObject({
  id: Id,
  landingUrl: z.url({ protocol: /^https?$/ }),
  imageUrl: z.optional(z.url({ protocol: /^https?$/ })),
  features: Features,
});
export type InlineCandidate = z.infer<typeof InlineCandidate>;

export const DecisionRequest = z.strictObject({
  subjectId: z.optional(SubjectId),
  features: z._default(Features, {}),
  placements: z
    .array(
      z.strictObject({
        id: Id,
        candidates: z.optional(z.array(InlineCandidate).check(z.minLength(1), z.maxLength(MAX_CANDIDATES))),
      }),
    )
    .check(z.minLength(1), z.maxLength(MAX_PLACEMENTS)),
});
export type DecisionRequest = z.infer<typeof DecisionRequest>;

/** Why a candidate was not considered. */
export const DropReason = z.enum(["campaign_paused", "creative_paused", "flight_not_started", "flight_ended", "size_mismatch"]);
export type DropReason = z.infer<typeof DropReason>;

/** Why the model did not choose; the choice was then uniform. */
export const FallbackReason = z.enum(["no_model", "score_failed"]);
export type FallbackReason = z.infer<typeof FallbackReason>;

/** Why nothing was chosen. `no_catalog`: none was ever loaded, and the request brought no candidates. */
export const NoServeReason = z.enum(["no_catalog", "no_candidates", "all_candidates_dropped"]);
export type NoServeReason = z.infer<typeof NoServeReason>;

/** The arm that a subject falls into. `bucket` is in 0..9999. */
export const Assignment = z.strictObject({ experimentId: Id, armId: Id, bucket: z.int(), hashVersion: z.literal(1) });
export type Assignment = z.infer<typeof Assignment>;

export const ChosenCreative = z.strictObject({
  creativeId: Id,
  imageUrl: z.optional(z.string()),
  clickUrl: z.string(),
  impressionUrl: z.string(),
  probability: z.nullable(z.number()),
});

export const DecisionResponse = z.strictObject({
  decisionId: z.string(),
  placements: z.array(
    z.strictObject({
      placementId: Id,
      creative: z.nullable(ChosenCreative),
      fallback: z.nullable(FallbackReason),
      noServe: z.nullable(NoServeReason),
    }),
  ),
  modelVersion: z.nullable(z.string()),
  assignments: z.array(Assignment),
});
export type DecisionResponse = z.infer<typeof DecisionResponse>;

/** One context, many candidates; a task without candidate fields takes none and gives one prediction. */
export const PredictionRequest = z.strictObject({
  features: z._default(Features, {}),
  candidates: z.optional(
    z.array(z.strictObject({ id: z.optional(Id), features: Features })).check(z.minLength(1), z.maxLength(MAX_CANDIDATES)),
  ),
});
export type PredictionRequest = z.infer<typeof PredictionRequest>;

/** One prediction a candidate, in order. Where the model could not answer, `fallback` says why and the numbers are null. */
export const PredictionResponse = z.strictObject({
  task: z.string(),
  modelVersion: z.nullable(z.string()),
  fallback: z.nullable(FallbackReason),
  predictions: z.array(
    z.strictObject({
      id: z.optional(z.string()),
      logit: z.nullable(z.number()),
      probability: z.nullable(z.number()),
    }),
  ),
});
export type PredictionResponse = z.infer<typeof PredictionResponse>;

export const AssignmentRequest = z.strictObject({ subjectId: SubjectId });
/** `catalogVersion` is null, and there are no assignments, while no catalog was ever loaded. */
export const AssignmentResponse = z.strictObject({
  subjectId: z.string(),
  catalogVersion: z.nullable(z.string()),
  assignments: z.array(Assignment),
});
export type AssignmentResponse = z.infer<typeof AssignmentResponse>;
