// What several wire types have in common: the arm of a subject, and a price that was paid.
import * as v from "valibot";
import { Id, Micros } from "../catalog/parts.ts";
import { int } from "./numbers.ts";
import { strictObject } from "./objects.ts";

/** The arm that a subject falls into. `bucket` is in 0..9999. */
export const Assignment = strictObject({ experimentId: Id, armId: Id, bucket: int, hashVersion: v.literal(1) });
export type Assignment = v.InferOutput<typeof Assignment>;

/** What is paid for an impression, a click or a conversion; of `cpm`, for 1,000 impressions. */
export const PaidPrice = strictObject({ model: v.picklist(["cpm", "cpc", "cpa"]), micros: Micros });
export type PaidPrice = v.InferOutput<typeof PaidPrice>;
