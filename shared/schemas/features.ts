// Feature values as they cross the wire.
import * as z from "zod/mini";

const text = z.string().check(z.maxLength(4096));
const scalar = z.union([text, z.number(), z.boolean(), z.null()]);

/** A feature's value: a scalar, a list (ids, text tokens, a vector), or weights by id. JSON has no NaN or infinity. */
export const FeatureValue = z.union([
  scalar,
  z.array(z.union([text, z.number()])).check(z.maxLength(4096)),
  z.record(z.string().check(z.maxLength(256)), z.number()),
]);
export type FeatureValue = z.infer<typeof FeatureValue>;

/** Named features. Names that no task declares are ignored, and unseen values are out-of-vocabulary: neither is an error. */
export const Features = z.record(z.string().check(z.maxLength(128)), FeatureValue);
export type Features = z.infer<typeof Features>;
