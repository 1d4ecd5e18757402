// Raw values -> bags. The one encoder: training and the edge both call it, so that they cannot disagree.
import type { BagWriter } from "./bags.ts";
import { createCategoricalEncoder, createMultiEncoder, createSequenceEncoder, type FieldEncoder } from "./encode-ids.ts";
import { createNumericEncoder, createQuantileEncoder, createVectorEncoder } from "./encode-numbers.ts";
import { createTextEncoder } from "./encode-text.ts";
import type { FeatureMap, FittedField } from "./feature-map.ts";

/** A raw example: what the JSON body, the event log or the data file says. Fields that no task declares are ignored. */
export type RawRecord = Readonly<Record<string, unknown>>;

/** Encodes one side (all context fields, or all candidate fields) of raw examples. */
export interface SideEncoder {
  readonly fieldCount: number;
  /** Appends one example. Never throws: missing, unseen and ill-typed values have rows of their own. */
  encode(raw: RawRecord, into: BagWriter): void;
}

export interface Encoder {
  readonly context: SideEncoder;
  readonly candidate: SideEncoder;
}

/**
 * Makes the encoder of a fitted map. Indexes the vocabularies, so make it once a model, not once a request.
 *
 * Every field gives one bag, never empty, of rows within the field's own range and finite f32 weights (see `FittedField`).
 *
 * @example
 * const { context } = createEncoder(map);
 * const writer = new BagWriter(context.fieldCount);
 * context.encode({ age: 41, country: "NL" }, writer);
 * const bags = writer.view(); // one example
 */
export function createEncoder(map: FeatureMap): Encoder {
  const side = (from: FittedField["from"]) => createSideEncoder(map.fields.filter((field) => field.from === from));
  return { context: side("context"), candidate: side("candidate") };
}

function createSideEncoder(fields: readonly FittedField[]): SideEncoder {
  const names = fields.map((field) => field.name);
  const encoders = fields.map(createFieldEncoder);
  return {
    fieldCount: fields.length,
    encode(raw, into) {
      for (let f = 0; f < encoders.length; f++) (encoders[f] as FieldEncoder)(raw[names[f] as string], into); // f < length
    },
  };
}

function createFieldEncoder(field: FittedField): FieldEncoder {
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
