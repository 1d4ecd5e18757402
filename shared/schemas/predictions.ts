// The wire types of POST /v1/predictions/{task}.
import * as v from "valibot";
import { Id } from "../catalog/parts.ts";
import { FallbackReason, MAX_CANDIDATES } from "./decisions.ts";
import { Features } from "./features.ts";
import { list } from "./lists.ts";
import { number } from "./numbers.ts";
import { strictObject } from "./objects.ts";

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
