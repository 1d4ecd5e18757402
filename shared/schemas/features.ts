// Feature values as they cross the wire.
import * as v from "valibot";
import { list } from "./lists.ts";
import { number } from "./numbers.ts";
import { record } from "./objects.ts";
import { shortcut } from "./shortcut.ts";

const MOST_CHARACTERS = 4096;
const MOST_ITEMS = 4096;

const text = v.pipe(v.string(), v.maxLength(MOST_CHARACTERS));
const name = v.pipe(v.string(), v.maxLength(128));
const id = v.pipe(v.string(), v.maxLength(256));

const isItem = (value: unknown): boolean =>
  typeof value === "string" ? value.length <= MOST_CHARACTERS : Number.isFinite(value);
const isScalar = (value: unknown): boolean => isItem(value) || typeof value === "boolean" || value === null;

/** A feature's value: a scalar, a list (ids, text tokens, a vector), or weights by id. JSON has no NaN or infinity. */
export const FeatureValue = shortcut(
  v.union([text, number, v.boolean(), v.null(), list(v.union([text, number]), 0, MOST_ITEMS), record(id, number)]),
  (value) => isScalar(value) || (Array.isArray(value) && value.length <= MOST_ITEMS && value.every(isItem)),
);
export type FeatureValue = v.InferOutput<typeof FeatureValue>;

/** Named features. Names that no task declares are ignored, and unseen values are out-of-vocabulary: neither is an error. */
export const Features = record(name, FeatureValue);
export type Features = v.InferOutput<typeof Features>;
