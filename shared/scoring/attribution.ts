// Why a candidate scores what it does: a part of the logit for every field, which together are the logit.
import type { Bags } from "../features/bags.ts";
import { type FieldLayout, layoutFields } from "../features/feature-map.ts";
import { type Contributions, integrateCross } from "./integrate-cross.ts";
import { integrateMlp } from "./integrate-mlp.ts";
import { type EncodedSide, encodeSide, scoreOne } from "./reference.ts";
import type { ServedModel } from "./scorer.ts";
import { float32Tensor, servedLayers } from "./served-layers.ts";

/** In units of the logit, as `Attribution`. */
export interface FieldPart {
  readonly field: string;
  readonly part: number;
}

/** baseline + every part + rounding = logit. */
export interface Attribution {
  /** As served, in f32: of integer weights and activations. */
  readonly logit: number;
  /** The logit of nothing at all: the bias, and what the dense nets say of x0 = 0. */
  readonly baseline: number;
  /** One a field, in the feature map's order. */
  readonly parts: readonly FieldPart[];
  /** What the served integers differ by from the same net without rounding and clamping, and what integration has left. */
  readonly rounding: number;
}

interface EncodedField {
  readonly layout: FieldLayout;
  readonly encoded: EncodedSide;
}

/**
 * Parts of the logit of the first of `candidates` in a context, by integrated gradients (Sundararajan, Taly and Yan, 2017) from x0 = 0,
 * an empty bag in every field: the one input of which training knows nothing, and the same for all models. That a value is missing or
 * unseen has rows of its own, and so a part. For the linear term a part is the field's own sum; for FM half of each product that the
 * field is in; the cross net and the MLP are integrated in their own files. A field whose columns and linear weights are 0 has the part
 * 0, and two fields that do the same have the same part. Candidates of one context share their baseline: their parts can be compared.
 *
 * The model must have passed `validateServedModel`. A model without candidate fields takes `candidates.fieldCount` = 0. Who has
 * the kernel's logit of the candidate hands it in as `served`; the reference finds the same one, in several times the time.
 *
 * @throws Error where bags hold rows that are not their field's
 * @example attribute(model, context, sliceBags(candidates, 3, 1)).parts; // [{ field: "country", part: 0.31 }, ...]
 */
export function attribute(model: ServedModel, context: Bags, candidates: Bags, served?: number): Attribution {
  const layout = layoutFields(model.featureMap, model.architecture.embeddingDimension);
  const contextFields = layout.filter(({ field }) => field.from === "context");
  const candidateFields = layout.filter(({ field }) => field.from === "candidate");
  const fields = [...encodeFields(model, contextFields, context), ...encodeFields(model, candidateFields, candidates)];
  const score = () =>
    scoreOne(model, encodeSide(model, contextFields, context, 0), encodeSide(model, candidateFields, candidates, 0)).logit;
  const logit = served ?? score();
  const dense = integrateDense(model, fields);
  const baseline = dense.reduce((sum, term) => sum + term.baseline, float32Tensor(model, "bias")[0] as number); // validated: [1]
  const sums = sumVectors(fields, model.architecture.embeddingDimension);
  const parts = fields.map(({ layout, encoded }) => {
    const linear = encoded.linear + (model.architecture.fm ? halfOfProducts(encoded.sums, sums) : 0);
    return { field: layout.field.name, part: dense.reduce((sum, term) => sum + sumColumns(term, layout), linear) };
  });
  return { logit, baseline, parts, rounding: logit - parts.reduce((sum, { part }) => sum + part, baseline) };
}

/** Each field as a side of its own. */
function encodeFields(model: ServedModel, fields: readonly FieldLayout[], bags: Bags): EncodedField[] {
  return fields.map((layout, f) => ({
    layout,
    encoded: encodeSide(model, [layout], { ...bags, offsets: bags.offsets.subarray(f, f + 2) }, 0),
  }));
}

function integrateDense(model: ServedModel, fields: readonly EncodedField[]): Contributions[] {
  const { cross, mlp } = model.architecture;
  const x0 = Float64Array.from(fields.flatMap(({ encoded }) => encoded.columns));
  return [
    ...(cross ? [integrateCross(servedLayers("cross", model, x0.length), x0)] : []),
    ...(mlp ? [integrateMlp(servedLayers("mlp", model, x0.length), x0)] : []),
  ];
}

/** Per dimension, the sum of v over fields. */
function sumVectors(fields: readonly EncodedField[], dimension: number): number[] {
  return Array.from({ length: dimension }, (_, k) => fields.reduce((sum, { encoded }) => sum + (encoded.sums[k] ?? 0), 0));
}

/** <v, sum - v> / 2: the products of one field with all others, each shared by two. A field that goes in by value has v = 0. */
function halfOfProducts(vector: readonly number[], sums: readonly number[]): number {
  return vector.reduce((total, v, k) => total + (v * ((sums[k] ?? 0) - v)) / 2, 0);
}

function sumColumns({ columns }: Contributions, { firstColumn, columnCount }: FieldLayout): number {
  return columns.subarray(firstColumn, firstColumn + columnCount).reduce((sum, column) => sum + column, 0);
}
