// A trial's training in one rung, as a line of trials.ndjson.
import * as v from "valibot";
import { CodedError, parse } from "../../shared/schemas/coded-error.ts";
import { int, number } from "../../shared/schemas/numbers.ts";
import { record, strictObject } from "../../shared/schemas/objects.ts";

const count = v.pipe(int, v.minValue(1));

/** Trials and rungs count from 1. `epochs` are the rung's; `seconds` those of training and validation. */
const shared = {
  trial: count,
  rung: count,
  epochs: count,
  parameters: record(v.string(), v.unknown()),
  seconds: v.pipe(number, v.minValue(0)),
  device: v.string(),
};

/** Metrics of the float model with the weights of its best epoch, calibrated on the validation split, as `npm run train` reports them. */
const FinishedTrial = strictObject({
  status: v.literal("finished"),
  ...shared,
  valid: strictObject({ logloss: v.pipe(number, v.minValue(0)), auc: v.nullable(number) }),
});
export type FinishedTrial = v.InferOutput<typeof FinishedTrial>;

/** `code` is that of the `CodedError` that ended it, e.g. `training_diverged`. */
const FailedTrial = strictObject({ status: v.literal("failed"), ...shared, code: v.string(), detail: v.string() });

export const TrialRow = v.variant("status", [FinishedTrial, FailedTrial]);
export type TrialRow = v.InferOutput<typeof TrialRow>;

/** Throws `CodedError`: `json_malformed`, or what the schema says, at `path`. */
export function parseTrialRow(line: string, path: string): TrialRow {
  return parse(TrialRow, parseJson(line, path), path);
}

function parseJson(line: string, path: string): unknown {
  try {
    return JSON.parse(line);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new CodedError("json_malformed", path, `expected one JSON object a line: ${reason}`, undefined, { cause });
  }
}
