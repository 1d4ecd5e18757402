// Reader of libfm and SVMlight files: `label id:value id:value ...`, one example a line.
import type { RawRecord } from "../../shared/features/encode.ts";
import { CodedError } from "../../shared/schemas/coded-error.ts";
import type { Task } from "../../shared/tasks/task.ts";
import { neededColumns, refuseMissing } from "./columns.ts";
import { checkOutcome } from "./label.ts";
import { readLines } from "./lines.ts";

/** The column that holds all pairs as { id: value }; `f0`, `f1`, ... hold the id at that position. */
const ALL_PAIRS = "features";
const POSITION = /^f(\d+)$/;

/**
 * Records hold the task's label and those of `features`, `f0`, `f1`, ... that the task declares. Labels -1 and 1, which
 * SVMlight writes, are read as 0 and 1; text after `#` is a comment. Throws `pair_malformed`, `field_missing_in_data`.
 */
export async function* readLibfm(file: string, task: Task): AsyncGenerator<RawRecord[]> {
  const columns = neededColumns(task).filter(({ path }) => path !== "label");
  const unknown = columns.filter(({ name }) => name !== ALL_PAIRS && !POSITION.test(name));
  refuseMissing(unknown, [task.label, ALL_PAIRS, "f0", "f1", "..."], file);
  const names = columns.map(({ name }) => name);
  for await (const { firstLine, lines } of readLines(file)) {
    const records: RawRecord[] = [];
    lines.forEach((line, index) => {
      const parts = line.replace(/#.*/, "").trim().split(/\s+/);
      if (parts[0] === "") return;
      const record = toRecord(parts, task.label, names, `${file}:${firstLine + index}`);
      checkOutcome(record, task, file, firstLine + index);
      records.push(record);
    });
    yield records;
  }
}

function toRecord([label, ...pairs]: readonly string[], labelName: string, names: readonly string[], path: string): RawRecord {
  const read = pairs.map((pair) => readPair(pair, path));
  const record: Record<string, unknown> = { [labelName]: label === "-1" ? "0" : label };
  for (const name of names) {
    record[name] = name === ALL_PAIRS ? Object.fromEntries(read) : read[Number(name.slice(1))]?.[0];
  }
  return record;
}

function readPair(pair: string, path: string): readonly [string, number] {
  const colon = pair.indexOf(":");
  const value = Number(pair.slice(colon + 1));
  if (colon > 0 && colon < pair.length - 1 && Number.isFinite(value)) return [pair.slice(0, colon), value];
  throw new CodedError("pair_malformed", path, `expected id:value with a number for value, not "${pair}"`);
}
