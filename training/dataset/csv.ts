// Reader of CSV and TSV, with a header or with the columns that the task names.
import type { RawRecord } from "../../shared/features/encode.ts";
import { CodedError } from "../../shared/schemas/coded-error.ts";
import type { Task } from "../../shared/tasks/task.ts";
import { neededColumns, refuseMissing } from "./columns.ts";
import { type Row, readRows } from "./csv-rows.ts";
import { checkOutcome } from "./label.ts";

/** Where the columns that the task needs stand in a row of `width` cells. */
interface Layout {
  readonly width: number;
  readonly columns: readonly { readonly name: string; readonly index: number }[];
}

/**
 * Batches of records that hold the task's own columns, as text.
 * Throws `field_missing_in_data`, `column_ambiguous`, `row_too_short`, `row_too_long`, and what rows and labels throw.
 *
 * @param delimiter null to find it out
 */
export async function* readCsv(file: string, task: Task, delimiter: string | null): AsyncGenerator<RawRecord[]> {
  let layout: Layout | null = null;
  for await (const batch of readRows(file, delimiter)) {
    let rows: readonly Row[] = batch;
    if (layout === null && batch[0]) {
      const names = batch[0].cells.map((cell) => cell.trim());
      layout = createLayout(task.columns ?? names, task, file);
      const hasHeader = task.columns === undefined || String(task.columns) === String(names);
      if (hasHeader) rows = batch.slice(1);
    }
    const known = layout;
    if (known !== null) yield rows.map((row) => toRecord(row, known, task, file));
  }
}

function createLayout(names: readonly string[], task: Task, file: string): Layout {
  const needed = neededColumns(task);
  const missing = needed.filter(({ name }) => !names.includes(name));
  refuseMissing(missing, names, file);
  const columns = needed.map(({ name }) => ({ name, index: names.indexOf(name) }));
  const twice = columns.find(({ name, index }) => names.lastIndexOf(name) !== index);
  if (twice) throw new CodedError("column_ambiguous", file, `two columns are named "${twice.name}": rename one`);
  return { width: names.length, columns };
}

function toRecord({ cells, line }: Row, { width, columns }: Layout, task: Task, file: string): RawRecord {
  if (cells.length !== width) {
    const code = cells.length < width ? "row_too_short" : "row_too_long";
    throw new CodedError(code, `${file}:${line}`, `expected ${width} cells, one a column, found ${cells.length}`);
  }
  const record: Record<string, unknown> = {};
  for (const { name, index } of columns) record[name] = cells[index];
  checkOutcome(record, task, file, line);
  return record;
}
