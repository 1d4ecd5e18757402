// What an example's label and time say.
import type { RawRecord } from "../../shared/features/encode.ts";
import { readNumber } from "../../shared/features/values.ts";
import { CodedError } from "../../shared/schemas/coded-error.ts";
import type { Task } from "../../shared/tasks/task.ts";

/** The columns that say what happened, and when. */
export type Outcome = Pick<Task, "label" | "through" | "time">;

/** 0 or 1, or NaN where the value says neither. Besides numbers, `true` and `false` in any case. */
export function readLabel(value: unknown): number {
  if (typeof value === "string" && /^(true|false)$/i.test(value)) return value.length === "true".length ? 1 : 0;
  const number = readNumber(value);
  return number === 0 || number === 1 ? number : Number.NaN;
}

/** Milliseconds since the epoch, or NaN. A number is taken as such; text is ISO 8601, in UTC unless it says otherwise. */
export function readTimeMs(value: unknown): number {
  const number = readNumber(value);
  if (!Number.isNaN(number) || typeof value !== "string") return number;
  return Date.parse(/(Z|[+-]\d\d:?\d\d)$/i.test(value) ? value : `${value}Z`);
}

/**
 * Refuses a record whose label, step on the way to it or time cannot be read, while its place is known: `label_missing`,
 * `label_not_binary`, `label_without_through` where the label is 1 and the step 0, `time_invalid`, at `{source}:{line}`.
 */
export function checkOutcome(record: RawRecord, { label, through, time }: Outcome, source: string, line: number): void {
  if (Number.isNaN(readLabel(record[label]))) throw labelError(record[label], label, `${source}:${line}`);
  if (through !== undefined) checkThrough(record, label, through, `${source}:${line}`);
  if (time === undefined || !Number.isNaN(readTimeMs(record[time]))) return;
  const detail = `"${time}" must be milliseconds since the epoch or an ISO 8601 time, not "${record[time]}"`;
  throw new CodedError("time_invalid", `${source}:${line}`, detail);
}

function checkThrough(record: RawRecord, label: string, through: string, path: string): void {
  const passed = readLabel(record[through]);
  if (Number.isNaN(passed)) throw labelError(record[through], through, path);
  if (passed === 1 || readLabel(record[label]) === 0) return;
  const detail = `"${label}" is 1 where "${through}", the step on the way to it, is 0: set both to 1, or drop the row`;
  throw new CodedError("label_without_through", path, detail);
}

function labelError(value: unknown, label: string, path: string): CodedError {
  if (value === undefined || value === null || value === "") {
    return new CodedError("label_missing", path, `the label "${label}" has no value: drop the row, or fill it with 0 or 1`);
  }
  return new CodedError("label_not_binary", path, `the label "${label}" must be 0 or 1, not ${JSON.stringify(value)}`);
}
