// Raw values -> bags. The one encoder: training and the edge both call it, so that they cannot disagree.
import type { BagWriter } from "./bags.ts";
import type { FeatureMap } from "./feature-map.ts";

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

export declare function createEncoder(map: FeatureMap): Encoder;
