// The fitted feature map: how raw values become table rows. Fitted once on the training split, shipped in the artifact.
import * as v from "valibot";
import { int, number } from "../schemas/numbers.ts";
import { strictObject } from "../schemas/objects.ts";
import { areCounts } from "./statistic-counts.ts";

const rowIndex = v.pipe(int, v.minValue(0));
const count = v.pipe(int, v.minValue(1));
const base = { name: v.string(), from: v.picklist(["context", "candidate"]), firstRow: rowIndex, rowCount: count };

/** Fitted ids. A vocabulary is listed in row order; hashed ids carry the version of the hash that spread them. */
export const FittedIds = v.union([
  strictObject({ vocabulary: v.array(v.string()) }),
  strictObject({ hashSpace: count, hashVersion: v.literal(1) }),
]);
export type FittedIds = v.InferOutput<typeof FittedIds>;

const input = v.picklist(["embedding", "value"]);

/**
 * One fitted field, which owns table rows `firstRow .. firstRow + rowCount - 1`. Row `firstRow` always means "missing".
 *
 * | kind | the rows after it |
 * |---|---|
 * | categorical, multi, sequence with a vocabulary | `+1` out-of-vocabulary, `+2 + i` the i-th word |
 * | categorical, multi, sequence hashed; text | `+1 + hash mod hashSpace` |
 * | numeric standard, log | `+1`, weighted by the standardised value |
 * | numeric quantile | `+1 + bucket`, of `boundaries.length + 1` buckets |
 * | vector | `+1 + i`, weighted by the i-th component |
 * | statistic | `bucketCount * bucket of ones + bucket of zeros` (see `countBucket`); nothing counted is the row of "missing" |
 *
 * A statistic carries its counts as text (see `WrittenCounts`), by `statisticKey`.
 */
export const FittedField = v.variant("kind", [
  strictObject({ ...base, kind: v.literal("categorical"), ids: FittedIds }),
  strictObject({
    ...base,
    kind: v.literal("numeric"),
    transform: v.picklist(["standard", "log"]),
    mean: number,
    standardDeviation: v.pipe(number, v.gtValue(0)),
    missing: v.picklist(["indicator", "mean"]),
    input,
  }),
  strictObject({
    ...base,
    kind: v.literal("quantile"),
    boundaries: v.array(number),
    missing: v.picklist(["indicator", "mean"]),
    meanBucket: rowIndex,
  }),
  strictObject({ ...base, kind: v.literal("multi"), ids: FittedIds, separator: v.string(), maxLength: count }),
  strictObject({
    ...base,
    kind: v.literal("text"),
    hashSpace: count,
    hashVersion: v.literal(1),
    ngrams: v.array(count),
    maxTokens: count,
  }),
  strictObject({ ...base, kind: v.literal("vector"), dimension: count, separator: v.string(), input }),
  strictObject({ ...base, kind: v.literal("sequence"), ids: FittedIds, separator: v.string(), maxLength: count }),
  strictObject({
    ...base,
    kind: v.literal("statistic"),
    of: v.pipe(v.array(v.string()), v.minLength(1)),
    bucketCount: v.pipe(int, v.minValue(2), v.maxValue(8)),
    hashVersion: v.literal(1),
    keys: v.string(),
    ones: v.string(),
    zeros: v.string(),
  }),
]);
export type FittedField = v.InferOutput<typeof FittedField>;
/** The fitted fields of one kind. */
export type FittedFieldOf<Kind extends FittedField["kind"]> = Extract<FittedField, { kind: Kind }>;

/** The whole map: context fields before candidate fields; `rowCount` rows in all. */
export const FeatureMap = v.pipe(
  strictObject({ version: v.literal(1), fields: v.array(FittedField), rowCount: count }),
  v.check(
    ({ fields }) => fields.every((field) => field.kind !== "statistic" || areCounts(field)),
    "a statistic's counts are damaged",
  ),
);
export type FeatureMap = v.InferOutput<typeof FeatureMap>;

/**
 * Where a field lands in the dense net's input `x0`. An embedded field takes `embeddingDimension` columns. A field whose
 * input is its value takes one column a row, but for row 0 ("missing") when `missing` is `"mean"`, which never occurs.
 */
export interface FieldLayout {
  readonly field: FittedField;
  readonly embedded: boolean;
  readonly firstColumn: number;
  readonly columnCount: number;
  /** For a field that goes in by value: the table row of its first column. */
  readonly firstValueRow: number;
}

/** Lays the fields out in `x0`, in the map's order: all context columns, then all candidate columns. */
export function layoutFields(map: FeatureMap, embeddingDimension: number): FieldLayout[] {
  let firstColumn = 0;
  return map.fields.map((field) => {
    const embedded = !("input" in field && field.input === "value");
    const skipsMissing = !embedded && field.kind === "numeric" && field.missing === "mean";
    const firstValueRow = field.firstRow + (skipsMissing ? 1 : 0);
    const columnCount = embedded ? embeddingDimension : field.rowCount - (skipsMissing ? 1 : 0);
    const layout = { field, embedded, firstColumn, columnCount, firstValueRow };
    firstColumn += columnCount;
    return layout;
  });
}

/** Number of columns of `x0`. */
export function inputWidth(layout: readonly FieldLayout[]): number {
  return layout.reduce((width, { columnCount }) => width + columnCount, 0);
}
