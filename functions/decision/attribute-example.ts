// An example's logit, taken apart. Slow beside scoring, so that no reader waits for it.
import type { RawRecord } from "../../shared/features/encode.ts";
import { type Attribution, attribute } from "../../shared/scoring/attribution.ts";
import type { EdgeModel } from "../model/model.ts";

/** `logit` is the one that was served. */
export function attributeExample(
  { encoder, bags, served }: EdgeModel,
  context: RawRecord,
  candidate: RawRecord,
  logit: number,
): Attribution {
  bags.context.clear();
  bags.candidate.clear();
  encoder.context.encode(context, bags.context);
  if (encoder.candidate.fieldCount > 0) encoder.candidate.encode(candidate, bags.candidate, context);
  return attribute(served, bags.context.view(), bags.candidate.view(), logit);
}
