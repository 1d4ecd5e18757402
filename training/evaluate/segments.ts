// Whether a model that is calibrated overall is so for parts of its examples: one value of a field, one day.
import type { FittedField } from "../../shared/features/feature-map.ts";
import type { Dataset } from "../dataset/dataset.ts";
import { fieldColumns } from "./field-columns.ts";
import { ece, eceByChance } from "./metrics.ts";
import { tieScores } from "./tied-scores.ts";

/** `eceByChance` is what `ece` would be on average were the probabilities true: small segments are off by chance alone. */
export interface SegmentMetrics {
  readonly field: string;
  readonly value: string;
  readonly examples: number;
  readonly positiveRate: number;
  readonly meanProbability: number;
  readonly ece: number;
  readonly eceByChance: number;
}

/** Smaller ones are all chance. */
const MIN_EXAMPLES = 200;

/** Of each field, the most frequent. */
const MAX_VALUES = 8;

const DAY_MS = 86_400_000;

/** The field of label times; names of fields are not empty. */
export const DAY_SEGMENT = "day (UTC)";

interface Segment {
  readonly field: string;
  readonly value: string;
  readonly examples: number[];
}

/**
 * The most frequent values of each categorical field with a vocabulary, and of days; those of at least 200 examples. `probabilities`
 * are the examples' own, as they are served.
 */
export function evaluateSegments(probabilities: Float64Array, data: Dataset, fields: readonly FittedField[]): SegmentMetrics[] {
  const ofFields = fieldColumns(fields, data).flatMap(({ field, bags, column }) => {
    if (field.kind !== "categorical" || !("vocabulary" in field.ids)) return [];
    const { vocabulary } = field.ids;
    const names = ["(missing)", "(others)", ...vocabulary];
    const rowOf = (example: number) => bags.rows[bags.offsets[example * bags.fieldCount + column]!]! - field.firstRow;
    return gather(field.name, data.labels.length, (example) => names[rowOf(example)] ?? "");
  });
  const { timesMs } = data;
  const dayOf = (example: number) => new Date(Math.floor(timesMs![example]! / DAY_MS) * DAY_MS).toISOString().slice(0, 10);
  const ofDays = timesMs ? gather(DAY_SEGMENT, data.labels.length, dayOf) : [];
  return [...ofFields, ...ofDays].map((segment) => measure(segment, probabilities, data.labels));
}

/** By falling number of examples; a field of one value is no segment of anything. */
function gather(field: string, exampleCount: number, nameOf: (example: number) => string): Segment[] {
  const byValue = Map.groupBy(
    Array.from({ length: exampleCount }, (_, example) => example),
    nameOf,
  );
  if (byValue.size < 2) return [];
  return Array.from(byValue, ([value, examples]) => ({ field, value, examples }))
    .filter(({ examples }) => examples.length >= MIN_EXAMPLES)
    .sort((a, b) => b.examples.length - a.examples.length)
    .slice(0, MAX_VALUES);
}

function measure({ field, value, examples }: Segment, probabilities: Float64Array, labels: Uint8Array): SegmentMetrics {
  const own = Float64Array.from(examples, (example) => probabilities[example]!);
  const ownLabels = Uint8Array.from(examples, (example) => labels[example]!);
  const tied = tieScores(own, ownLabels);
  return {
    field,
    value,
    examples: examples.length,
    positiveRate: tied.positiveCount / examples.length,
    meanProbability: own.reduce((sum, p) => sum + p, 0) / examples.length,
    ece: ece(tied),
    eceByChance: eceByChance(tied),
  };
}

/** How much of a segment's error chance does not explain: what to sort by, worst first. */
export const excessOf = (segment: SegmentMetrics): number => segment.ece - segment.eceByChance;
