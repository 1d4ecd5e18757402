// Reader of NDJSON: one JSON object a line.
import type { RawRecord } from "../../shared/features/encode.ts";
import { CodedError } from "../../shared/schemas/coded-error.ts";
import type { Task } from "../../shared/tasks/task.ts";
import { type NeededColumn, neededColumns, refuseMissing } from "./columns.ts";
import { checkOutcome } from "./label.ts";
import { readLines } from "./lines.ts";

/**
 * A key may be absent from a row, which means a missing value; a declared field that no row of the file has is refused.
 * Throws `json_malformed`, `field_missing_in_data`, and what labels throw.
 */
export async function* readNdjson(file: string, task: Task): AsyncGenerator<RawRecord[]> {
  let unseen = neededColumns(task);
  let last: RawRecord = {};
  for await (const { firstLine, lines } of readLines(file)) {
    const records: RawRecord[] = [];
    lines.forEach((line, index) => {
      if (line.trim() === "") return;
      last = parseLine(line, `${file}:${firstLine + index}`);
      if (unseen.length > 0) unseen = withoutKeys(unseen, last);
      checkOutcome(last, task, file, firstLine + index);
      records.push(last);
    });
    yield records;
  }
  if (Object.keys(last).length > 0) refuseMissing(unseen, Object.keys(last), file);
}

const withoutKeys = (columns: NeededColumn[], record: RawRecord): NeededColumn[] =>
  columns.filter(({ name }) => !Object.hasOwn(record, name));

function parseLine(line: string, path: string): RawRecord {
  const value = parseJson(line, path);
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new CodedError("json_malformed", path, "expected one JSON object a line");
  }
  return value as RawRecord; // a JSON object: every key is text
}

function parseJson(line: string, path: string): unknown {
  try {
    return JSON.parse(line);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new CodedError("json_malformed", path, `expected one JSON object a line: ${reason}`, undefined, { cause });
  }
}
