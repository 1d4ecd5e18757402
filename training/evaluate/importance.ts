// What each field is worth: how much worse the served model ranks when the field's values are dealt out anew among the examples.
import type { Bags } from "../../shared/features/bags.ts";
import type { FittedField } from "../../shared/features/feature-map.ts";
import { type Calibration, createCalibrator } from "../../shared/scoring/calibration.ts";
import type { Dataset } from "../dataset/dataset.ts";
import { selectExamples } from "../dataset/select-examples.ts";
import { Random } from "../engine/random.ts";
import { fieldColumns } from "./field-columns.ts";
import { evaluate } from "./metrics.ts";
import { scoreInChunks } from "./score-in-chunks.ts";

/** Of the served model with the field's values permuted, against the model as it is: what is lost without the field. */
export interface FieldImportance {
  readonly field: string;
  readonly from: "context" | "candidate";
  readonly kind: FittedField["kind"];
  readonly aucLost: number | null;
  /** Nats by which logloss rises. */
  readonly loglossAdded: number;
}

export interface Importance {
  readonly fields: readonly FieldImportance[];
  /** How many examples were drawn for it. */
  readonly examples: number;
}

/** Enough to tell fields apart; a net of average size scores it in a fraction of a second a field. */
const MAX_EXAMPLES = 5000;

export interface ImportanceRequest {
  readonly data: Dataset;
  readonly fields: readonly FittedField[];
  /** The serving kernel. */
  readonly score: (part: Dataset) => Float32Array;
  readonly calibration: Calibration;
  readonly seed: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Permutation importance (Breiman, 2001; Fisher, Rudin and Dominici, 2019), most important first. One permutation, from the seed; a field
 * that says what another says too seems less important than both are together.
 */
export async function measureImportance(request: ImportanceRequest): Promise<Importance> {
  const { fields, score, calibration, seed, signal } = request;
  const random = new Random(seed);
  const data = sample(request.data, random);
  const order = random.shuffle(ascending(data.labels.length));
  const toProbability = createCalibrator(calibration);
  const measure = async (of: Dataset) =>
    evaluate(Float64Array.from(await scoreInChunks(of, score, signal), toProbability), data.labels);
  const whole = await measure(data);
  const measured: FieldImportance[] = [];
  for (const { field, bags, column } of fieldColumns(fields, data)) {
    const permuted = await measure({ ...data, [field.from]: permuteField(bags, column, order) });
    const aucLost = whole.auc === null || permuted.auc === null ? null : whole.auc - permuted.auc;
    const { name, from, kind } = field;
    measured.push({ field: name, from, kind, aucLost, loglossAdded: permuted.logloss - whole.logloss });
  }
  measured.sort((a, b) => b.loglossAdded - a.loglossAdded);
  return { fields: measured, examples: data.labels.length };
}

function sample(data: Dataset, random: Random): Dataset {
  if (data.labels.length <= MAX_EXAMPLES) return data;
  return selectExamples(data, random.shuffle(ascending(data.labels.length)).slice(0, MAX_EXAMPLES).sort());
}

/** Example e's bag of the field becomes that of example `order[e]`; all other bags stay. */
export function permuteField({ fieldCount, count, offsets, rows, weights }: Bags, column: number, order: Int32Array): Bags {
  const sourceOf = (example: number, field: number) => (field === column ? order[example]! : example) * fieldCount + field;
  const permuted = {
    offsets: new Int32Array(offsets.length),
    rows: new Int32Array(rows.length),
    weights: new Float32Array(rows.length),
  };
  let at = 0;
  for (let bag = 0; bag < count * fieldCount; bag++) {
    const source = sourceOf(Math.floor(bag / fieldCount), bag % fieldCount);
    const [first, end] = [offsets[source]!, offsets[source + 1]!];
    permuted.rows.set(rows.subarray(first, end), at);
    permuted.weights.set(weights.subarray(first, end), at);
    at += end - first;
    permuted.offsets[bag + 1] = at;
  }
  return { fieldCount, count, ...permuted };
}

const ascending = (count: number): Int32Array => Int32Array.from({ length: count }, (_, index) => index);
