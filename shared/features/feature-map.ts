// The fitted feature map: how raw values become table rows. Fitted once on the training split, shipped in the artifact.
import * as z from "zod/mini";

const rowIndex = z.int().check(z.minimum(0));
const count = z.int().check(z.minimum(1));
const base = { name: z.string(), from: z.enum(["context", "candidate"]), firstRow: rowIndex, rowCount: count };

/** Fitted ids. A vocabulary is listed in row order; hashed ids carry the version of the hash that spread them. */
export const FittedIds = z.union([
  z.strictObject({ vocabulary: z.array(z.string()) }),
  z.strictObject({ hashSpace: count, hashVersion: z.literal(1) }),
]);
export type FittedIds = z.infer<typeof FittedIds>;

const input = z.enum(["embedding", "value"]);
const finite = z.number();

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
 */
export const FittedField = z.discriminatedUnion("kind", [
  z.strictObject({ ...base, kind: z.literal("categorical"), ids: FittedIds }),
  z.strictObject({
    ...base,
    kind: z.literal("numeric"),
    transform: z.enum(["standard", "log"]),
    mean: finite,
    standardDeviation: z.number().check(z.positive()),
    missing: z.enum(["indicator", "mean"]),
    input,
  }),
  z.strictObject({
    ...base,
    kind: z.literal("quantile"),
    boundaries: z.array(finite),
    missing: z.enum(["indicator", "mean"]),
    meanBucket: rowIndex,
  }),
  z.strictObject({ ...base, kind: z.literal("multi"), ids: FittedIds, separator: z.string(), maxLength: count }),
  z.strictObject({
    ...base,
    kind: z.literal("text"),
    hashSpace: count,
    hashVersion: z.literal(1),
    ngrams: z.array(count),
    maxTokens: count,
  }),
  z.strictObject({ ...base, kind: z.literal("vector"), dimension: count, separator: z.string(), input }),
  z.strictObject({ ...base, kind: z.literal("sequence"), ids: FittedIds, separator: z.string(), maxLength: count }),
]);
export type FittedField = z.infer<typeof FittedField>;
/** The fitted fields of one kind. */
export type FittedFieldOf<Kind extends FittedField["kind"]> = Extract<FittedField, { kind: Kind }>;

/** The whole map: context fields before candidate fields; `rowCount` rows in all. */
export const FeatureMap = z.strictObject({ version: z.literal(1), fields: z.array(FittedField), rowCount: count });
export type FeatureMap = z.infer<typeof FeatureMap>;

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
