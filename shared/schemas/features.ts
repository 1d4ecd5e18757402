// Feature values as they cross the wire.
import * as v from "valibot";
import { list } from "./lists.ts";
import { number } from "./numbers.ts";
import { record } from "./objects.ts";

const text = v.pipe(v.string(), v.maxLength(4096));
const name = v.pipe(v.string(), v.maxLength(128));
const id = v.pipe(v.string(), v.maxLength(256));

/** A feature's value: a scalar, a list (ids, text tokens, a vector), or weights by id. JSON has no NaN or infinity. */
export const FeatureValue = v.union([
  text,
  number,
  v.boolean(),
  v.null(),
  list(v.union([text, number]), 0, 4096),
  record(id, number),
]);
export type FeatureValue = v.InferOutput<typeof FeatureValue>;

/** Named features. Names that no task declares are ignored, and unseen values are out-of-vocabulary: neither is an error. */
export const Features = record(name, FeatureValue);
export type Features = v.InferOutput<typeof Features>;
