// Raw values -> bags. The one encoder: training and the edge both call it, so that they cannot disagree.
import type { BagWriter } from "./bags.ts";
import { createCategoricalEncoder, createMultiEncoder, createSequenceEncoder, type FieldEncoder } from "./encode-ids.ts";
import { createNumericEncoder, createQuantileEncoder, createVectorEncoder } from "./encode-numbers.ts";
import { createStatisticEncoder, type ExampleEncoder, type OwnLabel } from "./encode-statistic.ts";
import { createTextEncoder } from "./encode-text.ts";
import type { FeatureMap, FittedField, FittedFieldOf } from "./feature-map.ts";

/** A raw example: what the JSON body, the event log or the data file says. Fields that no task declares are ignored. */
export type RawRecord = Readonly<Record<string, unknown>>;

/** Encodes one side (all context fields, or all candidate fields) of raw examples. */
export interface SideEncoder {
  readonly fieldCount: number;
  /**
   * Appends one example. Never throws: missing, unseen and ill-typed values have rows of their own. `context` is the other side of a
   * candidate whose record does not hold both; only a statistic of fields of both sides reads it.
   */
  encode(raw: RawRecord, into: BagWriter, context?: RawRecord): void;
}

export interface Encoder {
  readonly context: SideEncoder;
  readonly candidate: SideEncoder;
  /** Whether a candidate's encoding depends on the context too, by a statistic of fields of both: it cannot be kept then. */
  readonly crosses: boolean;
}

const notCounted: OwnLabel = () => null;

/**
 * Makes the encoder of a fitted map. Indexes the vocabularies, so make it once a model, not once a request.
 *
 * `ownLabel` is for training examples alone, which their own statistics leave out. Every field gives one bag, never empty, of rows within the field's own range and finite f32 weights (see `FittedField`).
 *
 * @example
 * const { context } = createEncoder(map);
 * const writer = new BagWriter(context.fieldCount);
 * context.encode({ age: 41, country: "NL" }, writer);
 * const bags = writer.view(); // one example
 */
export function createEncoder(map: FeatureMap, ownLabel: OwnLabel = notCounted): Encoder {
  const side = (from: FittedField["from"]) =>
    createSideEncoder(
      map.fields.filter((field) => field.from === from),
      ownLabel,
    );
  return { context: side("context"), candidate: side("candidate"), crosses: crossesSides(map) };
}

function createSideEncoder(fields: readonly FittedField[], ownLabel: OwnLabel): SideEncoder {
  const encoders = fields.map((field) => createExampleEncoder(field, ownLabel));
  return {
    fieldCount: fields.length,
    encode(raw, into, context = raw) {
      for (let f = 0; f < encoders.length; f++) (encoders[f] as ExampleEncoder)(raw, into, context); // f < length
    },
  };
}

function crossesSides({ fields }: FeatureMap): boolean {
  const contextNames = new Set(fields.filter(({ from }) => from === "context").map(({ name }) => name));
  return fields.some(
    (field) => field.kind === "statistic" && field.from === "candidate" && field.of.some((name) => contextNames.has(name)),
  );
}

function createExampleEncoder(field: FittedField, ownLabel: OwnLabel): ExampleEncoder {
  if (field.kind === "statistic") return createStatisticEncoder(field, ownLabel);
  const { name } = field;
  const encode = createFieldEncoder(field);
  return (raw, into) => encode(raw[name], into);
}

function createFieldEncoder(field: Exclude<FittedField, FittedFieldOf<"statistic">>): FieldEncoder {
  switch (field.kind) {
    case "categorical":
      return createCategoricalEncoder(field);
    case "numeric":
      return createNumericEncoder(field);
    case "quantile":
      return createQuantileEncoder(field);
    case "multi":
      return createMultiEncoder(field);
    case "text":
      return createTextEncoder(field);
    case "vector":
      return createVectorEncoder(field);
    case "sequence":
      return createSequenceEncoder(field);
  }
}
